"""Hear from downstream systems which events they have."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction

from apps.core.errors import SignatureInvalid
from apps.core.rules import is_signed
from apps.events.errors import ReceiptsMalformed
from apps.events.models import OutboxMessage, Receipt
from apps.events.types import ReceiptBook

MOST = 500


def note_receipts(*, body: bytes, signature: str, now: datetime) -> list[UUID]:
    """Write a system's signed receipts down, however often they come; returns the ids nobody announced.

    Raises SignatureInvalid, ReceiptsMalformed.
    """
    book = _read(body)
    secret = settings.DOWNSTREAM_SECRETS.get(book.system, "")
    if not is_signed(body=body, signature=signature, secret=secret, now=int(now.timestamp())):
        raise SignatureInvalid
    return _note(book)


def _read(body: bytes) -> ReceiptBook:
    try:
        book = msgspec.json.decode(body, type=ReceiptBook)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ReceiptsMalformed(str(error)) from error
    if len(book.receipts) > MOST:
        msg = f"at most {MOST} receipts at a time"
        raise ReceiptsMalformed(msg)
    times = [
        time for one in book.receipts for time in (one.received_at, one.acknowledged_at) if time
    ]
    if any(time.tzinfo is None for time in times):
        msg = "times need a time zone"
        raise ReceiptsMalformed(msg)
    return book


@transaction.atomic
def _note(book: ReceiptBook) -> list[UUID]:
    # Of two receipts for one event the acknowledging one counts; and rows are locked in one order.
    told = {
        one.event_id: one
        for one in sorted(book.receipts, key=lambda one: (one.event_id, bool(one.acknowledged_at)))
    }
    known = set(OutboxMessage.objects.filter(pk__in=told).values_list("pk", flat=True))
    receipts = [
        Receipt(
            message_id=one.event_id,
            system=book.system,
            received_at=one.received_at,
            acknowledged_at=one.acknowledged_at,
        )
        for one in told.values()
        if one.event_id in known
    ]
    Receipt.objects.bulk_create(receipts, ignore_conflicts=True)
    # A receipt that was written before it was acknowledged; none is ever unsaid.
    Receipt.objects.bulk_create(
        [receipt for receipt in receipts if receipt.acknowledged_at],
        update_conflicts=True,
        unique_fields=["message", "system"],
        update_fields=["acknowledged_at"],
    )
    return sorted(told.keys() - known)
