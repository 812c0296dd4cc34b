"""Journeys go through the real queues."""

import pytest


@pytest.fixture(autouse=True)
def _on_the_emulator(emulator: str) -> None:
    """Other processes work on the same queues."""
