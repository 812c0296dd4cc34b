"""Look into a downstream system's queue without taking anything out."""

from collections.abc import Iterator
from typing import Any

from apps.events import gateways


def peek_downstream(*, system: str) -> Iterator[dict[str, Any]]:
    """The events that wait for a system, oldest first as far as SQS keeps order."""
    return gateways.peek(f"downstream-{system}")
