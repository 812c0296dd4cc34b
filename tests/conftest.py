import os

import pytest
from hypothesis import HealthCheck, settings

import ecommerce.celery  # noqa: F401 - `current_app` is the shop's
from dev.provision import provision
from tests import aws, database
from tests.stage import start_emulator

# A busy machine is no reason for an example to fail.
settings.register_profile("shop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shop")
database.empty_quickly()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: AWS in this process, unless the test asks for the emulator."""
    aws.in_process.on = "emulator" not in item.fixturenames
    if aws.in_process.on:
        aws.provision_in_process(endpoint_url=os.environ["AWS_ENDPOINT_URL"])


@pytest.fixture(scope="session")
def emulator() -> str:
    """The emulator with queues, topic and buckets of this test process; returns its address."""
    start_emulator()
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    with aws.emulated():
        provision(endpoint_url=endpoint)
    return endpoint


@pytest.fixture(autouse=True)
def _clear_throttles() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def queues():
    """The stage's queues, empty."""
    from tests.queues import Queues

    found = Queues()
    found.purge()
    return found
