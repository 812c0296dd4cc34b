"""What an event is: a fact in the past tense, with ids and plain values only."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

# The downstream systems there are; an event's audience is some of them.
SYSTEMS = ("fulfilment", "accounting", "inventory", "crm", "support")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, announced once, kept for EVENTS_KEPT_DAYS and never changed.

    `type` is `<app>.<noun>.<past verb>.v<version>`, `subject` the field that names what the fact is
    about, `audience` the downstream systems that hear it over SNS. `personal` are fields that tell of a
    person: they are never stored, are empty for handlers of ours, and are read from the rows they belong
    to when the event is published, so that who was erased is not told of again. They need a default.
    """

    type: ClassVar[str]
    subject: ClassVar[str]
    audience: ClassVar[frozenset[str]] = frozenset()
    personal: ClassVar[frozenset[str]] = frozenset()


class ReceiptNote(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a system has; `acknowledged_at` once it is worked in."""

    event_id: UUID
    received_at: datetime
    acknowledged_at: datetime | None = None


class ReceiptBook(msgspec.Struct, frozen=True, kw_only=True):
    """What a downstream system sends: the receipts of at most 500 events."""

    system: str
    receipts: tuple[ReceiptNote, ...]


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far an event has come on its way to one system."""

    event_id: UUID
    type: str
    occurred_at: datetime
    system: str
    published_at: datetime | None
    received_at: datetime | None
    acknowledged_at: datetime | None


class RawMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a queue as SQS gives it out; `receipt` lets it be deleted.

    `attributes` are those of type String; `reason` is why our worker set it aside at once.
    """

    id: str
    body: str
    receipt: str
    sent_at: datetime
    receive_count: int
    reason: str = ""
    attributes: dict[str, str] = {}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of its task; all empty for one that is of no task."""

    task: str = ""
    task_id: str = ""
    reason: str = ""


def heard(subject: str) -> str:
    """SQL that holds once our handlers have heard all about a subject, given as an SQL expression."""
    return f"""
    NOT EXISTS (
        SELECT FROM events_outboxmessage unheard
        WHERE unheard.subject = {subject} AND unheard.fanned_out_at IS NULL
    ) AND NOT EXISTS (
        SELECT FROM events_delivery waiting
        WHERE waiting.subject = {subject} AND waiting.delivered_at IS NULL
            AND waiting.target LIKE '%%.%%'
    )
    """  # noqa: S608 - our own SQL
