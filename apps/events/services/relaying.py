"""Bring announced events to their targets: handlers of ours, and the SNS topic.

An event reaches each target on its own delivery row, so that one dead target delays no other.
"""

import logging
import threading
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.services import logging_about
from apps.events import gateways, rules
from apps.events.models import Delivery, OutboxMessage
from apps.events.services.publishing import hold_wakes
from apps.events.services.subscribing import find_subscription, subscriptions_to

logger = logging.getLogger(__name__)

BATCH = 100

_running = threading.Lock()
_asked = threading.Event()


def relay() -> int:
    """Deliver all that is due, also what handlers announce meanwhile; returns the deliveries made.

    Relays of several processes may run at once: each takes what no other holds. Within a process
    one relay serves all who ask while it runs, in larger batches than each would find alone.
    """
    _asked.set()
    made = 0
    while _asked.is_set() and _running.acquire(blocking=False):
        try:
            _asked.clear()
            made += _relay_all()
        finally:
            _running.release()
    return made


def _relay_all() -> int:
    made = 0
    with hold_wakes():
        while True:
            fanned_out = _fan_out()
            claimed = _claim()
            if not fanned_out and not claimed:
                return made
            made += _deliver(claimed)


@transaction.atomic
def _fan_out() -> int:
    """Write one delivery row per target for events that have none yet."""
    fresh = list(
        OutboxMessage.objects.select_for_update(skip_locked=True)
        .filter(fanned_out_at=None)
        .order_by("id")[:BATCH]
    )
    if fresh:
        Delivery.objects.bulk_create(
            Delivery(message=message, target=target)
            for message in fresh
            for target in _targets_of(message)
        )
        OutboxMessage.objects.filter(id__in=[message.id for message in fresh]).update(
            fanned_out_at=timezone.now()
        )
    return len(fresh)


def _targets_of(message: OutboxMessage) -> list[str]:
    handlers = [one.target for one in subscriptions_to(message.type)]
    return [*handlers, rules.TOPIC] if message.has_audience else handlers


@transaction.atomic
def _claim() -> list[Delivery]:
    """Take deliveries that are due, and hide them from other relays for the length of a lease.

    Replays are taken when nothing else is due: a year of them delays no order.
    """
    now = timezone.now()
    is_replay = Q(target__startswith=rules.REPLAY)
    due = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message")
        .filter(delivered_at=None, due_at__lte=now)
        .order_by("due_at", "id")
    )
    claimed = list(due.filter(~is_replay)[:BATCH]) or list(due.filter(is_replay)[:BATCH])
    if claimed:
        Delivery.objects.filter(id__in=[delivery.id for delivery in claimed]).update(
            attempts=F("attempts") + 1, due_at=now + rules.LEASE
        )
    return claimed


def _deliver(claimed: Sequence[Delivery]) -> int:
    to_topic, to_systems, to_handlers = [], [], []
    for delivery in claimed:
        if delivery.target == rules.TOPIC:
            to_topic.append(delivery)
        elif rules.system_of(delivery.target):
            to_systems.append(delivery)
        else:
            to_handlers.append(delivery)
    made = sum(_deliver_as_caused(delivery) for delivery in to_handlers)
    made += sum(_deliver_to_system(delivery) for delivery in to_systems)
    sizes = [gateways.size_of(delivery.message) for delivery in to_topic]
    for batch in rules.batches(sizes, most=gateways.SNS_BATCH, heaviest=gateways.SNS_BYTES):
        made += _deliver_to_topic(to_topic[batch])
    return made


def _deliver_as_caused(delivery: Delivery) -> bool:
    """Let what a handler logs, and the tasks it sends, be found by the request behind the event."""
    message = delivery.message
    with logging_about(trace_id=message.trace_id, event=message.type, event_id=str(message.id)):
        return _deliver_to_handler(delivery)


def _deliver_to_handler(delivery: Delivery) -> bool:
    subscription = find_subscription(delivery.target)
    try:
        if subscription is None:
            msg = f"no handler is registered as {delivery.target}"
            raise LookupError(msg)
        if subscription.remote:
            subscription.call(delivery.message.payload)
            return _mark_delivered([delivery]) > 0
        with transaction.atomic():
            # Marked before the handler runs: the row's lock keeps a second relay out.
            if _mark_delivered([delivery]):
                subscription.call(delivery.message.payload)
    except Exception as error:
        logger.exception("event %s did not reach %s", delivery.message_id, delivery.target)
        _put_off(delivery, reason=repr(error))
        return False
    return True


def _deliver_to_system(delivery: Delivery) -> bool:
    """Replay one event into one system's queue."""
    try:
        gateways.send_to_system(rules.system_of(delivery.target), delivery.message)
    except Exception as error:
        logger.exception("event %s was not replayed to %s", delivery.message_id, delivery.target)
        _put_off(delivery, reason=repr(error))
        return False
    return _mark_delivered([delivery]) > 0


def _deliver_to_topic(deliveries: Sequence[Delivery]) -> int:
    try:
        refused = gateways.publish_to_topic([delivery.message for delivery in deliveries])
    except Exception as error:
        logger.exception("the topic took none of %d events", len(deliveries))
        refused = {str(delivery.message_id): repr(error) for delivery in deliveries}
    accepted = []
    for delivery in deliveries:
        if reason := refused.get(str(delivery.message_id)):
            _put_off(delivery, reason=reason)
        else:
            accepted.append(delivery)
    return _mark_delivered(accepted)


def _mark_delivered(deliveries: Sequence[Delivery]) -> int:
    return Delivery.objects.filter(
        id__in=[delivery.id for delivery in deliveries], delivered_at=None
    ).update(delivered_at=timezone.now(), last_error="")


def _put_off(delivery: Delivery, *, reason: str) -> None:
    Delivery.objects.filter(id=delivery.id).update(
        due_at=timezone.now() + rules.retry_delay(attempts=delivery.attempts + 1),
        last_error=reason[:2000],
    )
