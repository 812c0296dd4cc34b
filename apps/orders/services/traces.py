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
from apps.core.services import each_alone, log_about, record_metric
from apps.core.types import Metric
from apps.orders import gateways
from apps.orders.errors import MalformedRequest
from apps.orders.models import MissingOrder
from apps.orders.selectors import count_missing, has_queue_moved_past, where_is
from apps.orders.types import Trace, Whereabouts

logger = logging.getLogger(__name__)

_FOUND = frozenset({Whereabouts.WRITTEN, Whereabouts.DEAD_LETTER})
# Between two looks a message that failed, and of which an outage left no note, has come back.
_BETWEEN_LOOKS = timedelta(minutes=15)


def send_trace_safely(*, order_id: UUID, accepted_at: datetime) -> None:
    """Send the trace of an order that was just accepted; that it cannot be sent is counted, no more."""
    trace = Trace(order_id=order_id, accepted_at=accepted_at)
    try:
        gateways.send_trace(trace, after=timedelta(seconds=settings.TRACE_SECONDS))
    except Exception:
        logger.exception("nobody will ask what has become of order %s", order_id)
        record_metric(Metric.TRACES_UNSENT)


def look_for_order(*, trace: dict[str, Any]) -> Whereabouts:
    """Find an accepted order, as a sale, a rejection or a dead letter; what is not found is looked for
    again later.

    Raises MalformedRequest; database errors mean that the trace must come again.
    """
    try:
        known = msgspec.convert(trace, Trace)
    except msgspec.ValidationError as error:
        raise MalformedRequest(str(error)) from error
    log_about(order_id=str(known.order_id))
    now = timezone.now()
    found = where_is(known.order_id, now=now)
    if found in _FOUND:
        return found
    MissingOrder.objects.get_or_create(
        id=known.order_id,
        defaults={
            "number": public_number(source=known.order_id),
            "accepted_at": known.accepted_at,
            "looked_at": now,
        },
    )
    return Whereabouts.WAITING


def look_again() -> int:
    """Look once more for the orders that were not found; raises the alarm for what is nowhere.

    Returns how many were looked for. While the queue has a backlog, and while a message is still tried,
    nothing is missing yet.
    """
    due = MissingOrder.objects.filter(
        noticed_at=None, settled_at=None, looked_at__lt=timezone.now() - _BETWEEN_LOOKS
    )
    looked = each_alone(
        "orders.look_again", due.order_by("looked_at").values_list("pk", flat=True), _look_again
    )
    record_metric(Metric.ORDERS_UNACCOUNTED, value=count_missing())
    return looked


def _look_again(order_id: UUID) -> None:
    now = timezone.now()
    missing = MissingOrder.objects.filter(pk=order_id)
    found = where_is(order_id, now=now)
    if found in _FOUND:
        missing.delete()
    elif found is Whereabouts.NOWHERE and _has_queue_moved_past(missing.get().accepted_at):
        logger.error("order %s was accepted and is nowhere", order_id)
        missing.update(noticed_at=now)
    else:
        missing.update(looked_at=now)


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


def _has_queue_moved_past(accepted_at: datetime) -> bool:
    return gateways.is_queue_empty() or has_queue_moved_past(accepted_at)
