"""A pytest plugin: the servers that tests need, on loopback, and where Django's settings find them.

Loaded with `-p tests.stage`, before Django's settings. The first process chooses the addresses; the
processes of pytest-xdist share PostgreSQL and the AWS emulator, each with its own database, queues and
topic. The emulator starts when the first test asks for it.
"""

import os
from pathlib import Path

import pytest

from dev import emulator, ports, postgres
from dev.emulator import ACCOUNT
from dev.stage import locked

ROOT = Path(__file__).resolve().parents[1]
# Two test runs in one checkout need two states: `TEST_STATE=other make test`.
STATE = ROOT / "var" / os.environ.get("TEST_STATE", "test")
_EMULATOR = STATE / "aws"


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _start() -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    emulator.end_leftover(state=_EMULATOR)
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or postgres.start(
        data=STATE / "postgres", durable=False
    )
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{ports.find_free()}"


def start_emulator() -> None:
    """Start the emulator at the address that was chosen for it, unless another process has."""
    with locked(path=STATE / "emulator.lock"):
        if not emulator.is_running(state=_EMULATOR):
            emulator.install()
            port = int(os.environ["AWS_ENDPOINT_URL"].rpartition(":")[2])
            emulator.start(state=_EMULATOR, persist=False, port=port)


def _stop() -> None:
    emulator.end_leftover(state=_EMULATOR)
    if "TEST_DATABASE_URL" not in os.environ:
        postgres.stop(data=STATE / "postgres")


def _name_stage() -> None:
    os.environ["STAGE"] = f"test-{_worker()}"
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    # A queue is emptied before each test, which SQS would let nobody do twice a minute.
    os.environ["MOTO_SQS_ENFORCE_STRICT_QUEUE_PURGE_BEHAVIOUR"] = "false"
    for name in ("SQS_BASE_URL", "SNS_TOPIC_ARN", "MEDIA_BUCKET", "MEDIA_DOMAIN", "MEDIA_ORIGIN"):
        os.environ.pop(name, None)
    os.environ["VISIBILITY_SECONDS"] = "2"
    os.environ["POLL_SECONDS"] = "1"


if _worker() == "main":
    _start()
_name_stage()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process stops what was started, when every other one is done."""
    if _worker() == "main":
        _stop()
