"""A pytest plugin that starts what tests need: a real PostgreSQL and the AWS emulator, on loopback.

Loaded with `-p tests.stage`, before Django's settings. The first process starts both servers; the
processes of pytest-xdist share them, each with its own database, queues and topic.
"""

import os
from pathlib import Path

import pytest

from dev import emulator, postgres

ROOT = Path(__file__).resolve().parents[1]
# Two test runs in one checkout need two states: `TEST_STATE=other make test`.
_STATE = ROOT / "var" / os.environ.get("TEST_STATE", "test")
_started: list[emulator.Emulator] = []


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _start() -> None:
    _STATE.mkdir(parents=True, exist_ok=True)
    emulator.install()
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or postgres.start(
        data=_STATE / "postgres", durable=False
    )
    running = emulator.start(state=_STATE / "aws", persist=False)
    _started.append(running)
    os.environ["AWS_ENDPOINT_URL"] = running.url


def _stop() -> None:
    for running in _started:
        emulator.stop(emulator=running)
    if "TEST_DATABASE_URL" not in os.environ:
        postgres.stop(data=_STATE / "postgres")


def _name_stage() -> None:
    os.environ["STAGE"] = f"test-{_worker()}"
    for name in ("SQS_BASE_URL", "SNS_TOPIC_ARN", "MEDIA_BUCKET", "MEDIA_DOMAIN", "MEDIA_ORIGIN"):
        os.environ.pop(name, None)
    os.environ["VISIBILITY_SECONDS"] = "2"
    os.environ["POLL_SECONDS"] = "1"


if _worker() == "main":
    _start()
_name_stage()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process stops what it started, when every other one is done."""
    if _worker() == "main":
        _stop()
