"""Journeys go through the real queues."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import open_browser


@pytest.fixture(autouse=True)
def _on_the_emulator(emulator: str) -> None:
    """Other processes work on the same queues."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # The page without scripts asks again every few seconds, and a busy machine takes its time.
    expect.set_options(timeout=20_000)
    with open_browser() as running:
        # Playwright's loop stays in this thread; the tests talk to the database from it.
        before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield running
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
