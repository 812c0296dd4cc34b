"""Add to events, when they are sent, what they tell of a person: from rows that can be emptied."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.events.models import OutboxMessage
from apps.events.types import Event

logger = logging.getLogger(__name__)

# The payloads of some events in, as many sets of personal fields out; one that is missing is empty.
Read = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the personal fields of a type of event are read."""

    event: type[Event]
    read: Read


_sources: dict[str, Source] = {}


def personalise(*events: type[Event]) -> Callable[[Read], Read]:
    """Read the personal fields of these events with the function, whenever some of them are sent."""

    def register(read: Read) -> Read:
        for event in events:
            _sources[event.type] = Source(event=event, read=read)
        return read

    return register


def find_source(event_type: str) -> Source | None:
    """Where the personal fields of a type of event are read; None if it has none."""
    return _sources.get(event_type)


def add_personal_data(messages: Sequence[OutboxMessage]) -> dict[str, str]:
    """Complete the payloads, in memory only, of events that are about to be sent.

    Returns the error of each that cannot be completed, by id: it must not be sent as it is.
    """
    by_type: dict[str, list[OutboxMessage]] = {}
    for message in messages:
        by_type.setdefault(message.type, []).append(message)
    failed: dict[str, str] = {}
    for event_type, some in by_type.items():
        try:
            _complete(some, find_source(event_type))
        except Exception as error:
            logger.exception("the personal data of %s cannot be read", event_type)
            failed |= {str(message.id): repr(error) for message in some}
    return failed


def _complete(messages: Sequence[OutboxMessage], source: Source | None) -> None:
    if source is None:
        return
    found = source.read([message.payload for message in messages])
    for message, fields in zip(messages, found, strict=True):
        message.payload = {**message.payload, **_personal(source.event, fields)}


def _personal(event: type[Event], found: Mapping[str, Any]) -> dict[str, Any]:
    empty = {field.name: field.default for field in msgspec.structs.fields(event)}
    return {name: found.get(name, empty[name]) for name in event.personal}
