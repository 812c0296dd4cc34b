"""What downstream systems say, and how far events have come on their way to them."""

from datetime import datetime
from uuid import UUID

import msgspec


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
