"""How long a delivery waits for its next attempt, and the schema that an event promises."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

import msgspec

from apps.events.types import Event

# A relay that died holds what it had claimed no longer than this.
LEASE = timedelta(seconds=60)
# The delivery target that is no handler but the SNS topic; and how the targets of replays begin.
TOPIC = "sns"
REPLAY = "replay:"


def impersonal(event: Event) -> dict[str, Any]:
    """What is stored of an event: all but its personal fields."""
    payload: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in payload.items() if name not in event.personal}


class Priority(IntEnum):
    """What goes first: the lowest number."""

    HANDLER = 0
    TOPIC = 1
    REPLAY = 2


def priority_of(target: str) -> Priority:
    """The priority of deliveries to a target."""
    if target == TOPIC:
        return Priority.TOPIC
    return Priority.REPLAY if target.startswith(REPLAY) else Priority.HANDLER


def batches(sizes: Sequence[int], *, most: int, heaviest: int) -> Iterator[slice]:
    """Cut a row of messages into batches of at most `most`, and of `heaviest` bytes in all.

    A message that is too heavy alone travels alone, and is refused alone.
    """
    start, weight = 0, 0
    for index, size in enumerate(sizes):
        if index > start and (index - start == most or weight + size > heaviest):
            yield slice(start, index)
            start, weight = index, 0
        weight += size
    if sizes:
        yield slice(start, len(sizes))


def direct_target(address: str) -> str:
    """The target of a delivery that goes straight into one system's queue."""
    return f"{REPLAY}{address}"


def system_of(target: str) -> str:
    """The system that a replay's target names; empty for the other targets."""
    return target.removeprefix(REPLAY).partition(":")[0] if target.startswith(REPLAY) else ""


def moment_of(one: UUID) -> datetime:
    """When an id (UUIDv7) was made, to the millisecond."""
    return datetime.fromtimestamp((one.int >> 80) / 1000, tz=UTC)


def earliest_id(*, at: datetime) -> UUID:
    """No id (UUIDv7) that was made at this time or later is less than this one."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def retry_delay(*, attempts: int) -> timedelta:
    """2 s, 4 s, 8 s … and at most 15 minutes: an outage is waited out, not hammered."""
    return timedelta(seconds=min(2 ** min(attempts, 10), 900))


def json_schema(*, event: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what a downstream system receives for this event."""
    _, defs = msgspec.json.schema_components([event])
    own = defs.pop(event.__name__)
    # They are always sent, if only empty.
    own["required"] = [*own["required"], *sorted(event.personal)]
    for name in event.personal:
        own["properties"][name].pop("default")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:shop:event:{event.type}",
        "title": event.type,
        "description": (event.__doc__ or "").strip(),
        "type": "object",
        "required": ["id", "type", "occurred_at", "data"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "type": {"const": event.type},
            "occurred_at": {"type": "string", "format": "date-time"},
            "data": own,
        },
        "$defs": defs,
    }
