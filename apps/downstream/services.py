"""Hear from downstream systems which events they have, and send them what they lack."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction

from apps.core.errors import SignatureInvalid
from apps.core.models import new_id
from apps.core.rules import is_signed
from apps.downstream import gateways
from apps.downstream.errors import NothingChosen, ReceiptsMalformed, UnknownSystem
from apps.downstream.models import Receipt, Replay
from apps.downstream.selectors import list_replayable, list_systems
from apps.downstream.types import ReceiptBook
from apps.events.models import OutboxMessage
from apps.events.services import send_directly

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
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
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


@transaction.atomic
def replay_events(
    *,
    system: str,
    actor_id: int | None,
    reason: str = "",
    event_ids: Collection[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    types: Collection[str] = (),
) -> int:
    """Send the chosen events of a system's audience to its queue once more; returns how many.

    Chosen by id, or by when they occurred (`until` is left out) and by type; what the system does not
    hear is left out. Raises UnknownSystem, and NothingChosen rather than send everything.
    """
    if system not in list_systems():
        raise UnknownSystem(system=system)
    if not (event_ids or since or until or types):
        raise NothingChosen
    messages = list_replayable(
        system=system, event_ids=event_ids, since=since, until=until, types=types
    )
    choice: dict[str, Any] = {
        "event_ids": list(event_ids or ()), "since": since, "until": until, "types": list(types),
    }  # fmt: skip
    replay = Replay(
        id=new_id(),
        system=system,
        actor_id=actor_id,
        reason=reason[:300],
        choice=msgspec.to_builtins(choice),
    )
    replay.count = send_directly(messages, address=f"{system}:{replay.id}")
    replay.save(force_insert=True)
    return replay.count


def peek_downstream(*, system: str) -> Iterator[dict[str, Any]]:
    """The events that wait for a system, oldest first as far as SQS keeps order."""
    return gateways.peek(f"downstream-{system}")
