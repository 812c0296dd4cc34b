import os

import pytest
from hypothesis import HealthCheck, settings

import ecommerce.celery  # noqa: F401 - `current_app` is the shop's
from dev.provision import provision

# A busy machine is no reason for an example to fail.
settings.register_profile("shop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shop")


@pytest.fixture(scope="session")
def stage() -> str:
    """Queues, topic and buckets of this test process, on the emulator; returns its address."""
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    provision(endpoint_url=endpoint)
    return endpoint


@pytest.fixture(autouse=True)
def _clear_throttles() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def queues(stage: str):
    """The stage's queues, empty."""
    from tests.queues import Queues

    found = Queues()
    found.purge()
    return found
