"""Ask, a while after an order was accepted, what has become of it: no database knows what a queue lost."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.rules import public_number
from apps.core.services import log_about
from apps.orders import gateways
from apps.orders.errors import MalformedRequest
from apps.orders.models import MissingOrder
from apps.orders.selectors import count_missing, has_queue_moved_past, where_is
from apps.orders.types import Trace, Whereabouts

logger = logging.getLogger(__name__)

# Not there at this many looks in a row, though the queue has moved on: then it is nowhere. Between
# two looks a message that failed, of which an outage left no note, has come back.
_LOOKS = 2


def send_trace_safely(*, order_id: UUID, accepted_at: datetime) -> None:
    """Send the trace of an order that was just accepted; that it cannot be sent is counted, no more."""
    try:
        _send(Trace(order_id=order_id, accepted_at=accepted_at))
    except Exception:
        logger.exception("nobody will ask what has become of order %s", order_id)
        gateways.report_trace_unsent()


def look_for_order(*, trace: dict[str, Any]) -> Whereabouts:
    """Find an accepted order, as a sale, a rejection or a dead letter; or ask again later; or raise
    the alarm and write down that it is missing.

    Raises MalformedRequest; database and queue errors mean that the trace must come again.
    """
    try:
        known = msgspec.convert(trace, Trace)
    except msgspec.ValidationError as error:
        raise MalformedRequest(str(error)) from error
    log_about(order_id=str(known.order_id))
    found = where_is(known.order_id, now=timezone.now())
    if found in {Whereabouts.WRITTEN, Whereabouts.DEAD_LETTER}:
        return found
    is_past = found is Whereabouts.NOWHERE and _has_queue_moved_past(known)
    looks = known.looks + 1 if is_past else 0
    if looks < _LOOKS:
        _send(msgspec.structs.replace(known, looks=looks))
        return Whereabouts.WAITING
    _note_missing(known)
    return Whereabouts.NOWHERE


def dead_letter_trace(*, trace: object, reason: str) -> None:
    """Set a trace aside that cannot be read."""
    logger.error("a trace goes to the dead letters: %s", reason)
    gateways.send_to_dead_letters(
        {"trace": trace}, task=gateways.TRACE_TASK, queue="bulk", reason=reason
    )


@transaction.atomic
def settle_missing(*, order_id: UUID, actor_id: int | None) -> bool:
    """Close a missing order because a person has dealt with it; False if that was done before."""
    waiting = MissingOrder.objects.filter(pk=order_id, settled_at=None)
    return bool(waiting.update(settled_at=timezone.now(), settled_by=actor_id))


def _has_queue_moved_past(trace: Trace) -> bool:
    return gateways.is_queue_empty() or has_queue_moved_past(trace.accepted_at)


def _note_missing(trace: Trace) -> None:
    logger.error("order %s was accepted at %s and is nowhere", trace.order_id, trace.accepted_at)
    with transaction.atomic():
        MissingOrder.objects.get_or_create(
            id=trace.order_id,
            defaults={
                "number": public_number(source=trace.order_id),
                "accepted_at": trace.accepted_at,
            },
        )
    gateways.report_unaccounted(count_missing())


def _send(trace: Trace) -> None:
    gateways.send_trace(trace, after=timedelta(seconds=settings.TRACE_SECONDS))
