import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import postgres
from tests.faults.programs import stage_environment
from tests.queues import Queues


@pytest.fixture
def environment(tmp_path: Path, emulator: str, queues: Queues) -> Iterator[dict[str, str]]:
    """A database of its own with the demo catalogue."""
    data = (Path("var") / os.environ.get("TEST_STATE", "test") / "bench").absolute()
    url = postgres.start(data=data, durable=True)
    made = stage_environment(
        DATABASE_URL=url,
        GUEST_ORDERS_PER_MINUTE="1000000",
        DJANGO_SETTINGS_MODULE="ecommerce.settings.local",
        LOG_LEVEL="ERROR",
    )
    for command in (
        ["manage.py", "migrate", "--noinput", "-v0"],
        ["manage.py", "flush", "--noinput", "-v0"],
        ["-m", "tests.benchmarks.seed"],
        ["manage.py", "collectstatic", "--noinput", "-v0"],
    ):
        subprocess.run([sys.executable, *command], env=made, check=True)
    try:
        yield made
    finally:
        postgres.stop(data=data)
