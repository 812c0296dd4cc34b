import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, settings

import ecommerce.celery  # noqa: F401 - `current_app` is the shop's
from dev.provision import provision
from tests import aws, database
from tests.events import things  # noqa: F401 - the events that the line below is about
from tests.stage import ROOT, start_emulator

# A busy machine is no reason for an example to fail.
# And mutmut runs a test again in processes that it forks.
_FINE = [HealthCheck.too_slow, HealthCheck.differing_executors]
settings.register_profile("shop", deadline=None, suppress_health_check=_FINE)
settings.load_profile("shop")
database.empty_quickly()
# Tests announce events of their own (tests/events/things.py), and accounting hears them.
django_settings.SHOP["DOWNSTREAM"]["accounting"] += ("tests.*",)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: AWS in this process, unless the test asks for the emulator."""
    aws.in_process.on = "emulator" not in item.fixturenames


@pytest.fixture(scope="session")
def emulator() -> str:
    """The emulator with queues, topic and buckets of this test process; returns its address."""
    start_emulator()
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    with aws.emulated():
        provision(endpoint_url=endpoint)
    return endpoint


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Each process's database begins as a copy of one that is migrated."""
    from django.db import connection

    connection.settings_dict["TEST"]["TEMPLATE"] = database.migrated_template()


@pytest.fixture(scope="session")
def package() -> Path:
    """The package for this Python, as `make package` makes it; what was said of it lies beside it."""
    to = ROOT / "var" / "stage" / "shop.zip"
    command = (sys.executable, "-m", "dev.packaging", "--python", "running", "--to", str(to))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    to.with_suffix(".txt").write_text(done.stdout)
    return to


@pytest.fixture(autouse=True)
def _clear_throttles() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def client():
    """A browser on the British shop, in English."""
    from tests.pages import Shopper

    return Shopper(same_origin=False)


@pytest.fixture
def queues():
    """The stage's queues, empty."""
    from tests.queues import Queues

    found = Queues()
    found.purge()
    return found
