"""After every fault the shop is held against its promises; what was reached is written down."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev import postgres

REPORT = os.environ.get("FAULTS_REPORT", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A control proves a test of faults, not the shop; it is run whenever the faults are run at length."""
    for item in items:
        if "tests/faults/" in item.nodeid and item.get_closest_marker("control"):
            item.add_marker("nightly")


@pytest.fixture
def reached(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Write down a test's id, the number to reach and the number reached."""

    def note(code: str, test: str, *, to_reach: str, number: str) -> None:
        print(f"{code} {test}: {number}")
        if REPORT:
            line = {"code": code, "test": test, "to_reach": to_reach, "reached": number}
            with Path(REPORT).open("a") as file:
                file.write(json.dumps(line) + "\n")

    return note


@pytest.fixture(autouse=True)
def _keeps_its_promises(request: pytest.FixtureRequest) -> Iterator[None]:
    """`check_shop` finds nothing; a control is there to break something, and is left out."""
    yield
    own_database = "database" in request.fixturenames
    if request.node.get_closest_marker("django_db") and not own_database:
        from apps.audit.selectors import list_violations

        if not request.node.get_closest_marker("control"):
            assert list_violations() == []


@pytest.fixture
def database(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A database of this test's own, because it will be stopped."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")
    data = Path("var") / os.environ.get("TEST_STATE", "test") / f"outage-{process}"
    url = postgres.start(data=data.absolute(), durable=True)
    try:
        yield url, data.absolute()
    finally:
        postgres.stop(data=data.absolute())
