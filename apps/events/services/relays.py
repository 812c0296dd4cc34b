"""Bring announced events to their targets: handlers of ours, the SNS topic, and for replays a system.

An event reaches each target on its own delivery row, so that one dead target delays no other. A relay
takes subjects (an order, a refund) and works each in order, in one transaction. What asks the outside
world has lanes of its own, with relays and a queue of their own: a bank that answers late delays
nothing but what waits for it.
"""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from django.db import Error, transaction

from apps.core.errors import is_outage
from apps.core.services import logging_about, record_metric, seconds_left
from apps.core.types import Metric
from apps.events import gateways, rules
from apps.events.models import Delivery, OutboxMessage
from apps.events.selectors import list_due_lanes, list_lag
from apps.events.services.leases import claim, let_go, mark_delivered, put_off, renew
from apps.events.services.personal_data import add_personal_data
from apps.events.services.publication import hold_wakes, wake
from apps.events.services.relay_slots import slots_of
from apps.events.services.subscriptions import find_subscription

logger = logging.getLogger(__name__)

# Then another message goes on, long before the queue gives this one out again.
_LONGEST_SECONDS = 40
# AWS takes sixteen functions that call each other by a queue for a loop without end, and drops the next.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
MOST_HOPS = 8
# A topic that fails after so long is left alone for a while: what fails at once keeps nobody waiting.
_LONG_WAIT_SECONDS, _REST_SECONDS = 1.0, 30.0
# What the slowest step, a bank that is asked twice in vain, may still need.
_MARGIN_SECONDS = 25


def relay(*, lane: str = "", hops: int = 0) -> int:
    """Deliver what is due in a lane, also what handlers announce meanwhile; returns the deliveries made.

    Any number may run at once: each takes subjects that no other holds. It stops before the work at
    hand is ended by force, and after forty seconds in any case, and lets another go on then; after
    the eighth of a chain the sweep does so.
    """
    slots = slots_of(lane)
    if not slots.take():
        return 0
    made, began, is_late = 0, time.monotonic(), False
    try:
        while True:
            count, is_late = _relay_all(lane, began)
            made += count
            if slots.leave(at_once=is_late):
                break
    except BaseException:
        slots.leave(at_once=True)
        raise
    if is_late and hops < MOST_HOPS:
        wake(lane, hops=hops + 1)
    return made


class _Topic:
    """Whether this process lets the topic rest: each batch for one that hangs keeps handlers waiting."""

    def __init__(self) -> None:
        self._rests_until = 0.0

    def rests(self) -> bool:
        return time.monotonic() < self._rests_until

    def let_rest(self) -> None:
        self._rests_until = time.monotonic() + _REST_SECONDS


_topic = _Topic()


def sweep() -> int:
    """Wake the lanes in which something is due, and relay what a crash left."""
    for lane in list_due_lanes():
        wake(lane)
    return relay()


def _relay_all(lane: str, began: float) -> tuple[int, bool]:
    """The deliveries made until nothing is due or the time is over, and whether it was the time."""
    made = 0
    with hold_wakes():
        while not _is_late(began):
            claimed, lanes = claim(lane=lane, topic_too=not _topic.rests())
            for other in lanes - {lane}:
                wake(other)
            if not claimed:
                return made, False
            made += _deliver(claimed, began=began)
    return made, True


def _is_late(began: float) -> bool:
    left = seconds_left()
    is_ending = left is not None and left < _MARGIN_SECONDS
    return is_ending or time.monotonic() - began > _LONGEST_SECONDS


def _deliver(claimed: Sequence[Delivery], *, began: float) -> int:
    """Work a batch step by step; what the time does not suffice for, or an error, is let go of."""
    made, leased_at = 0, time.monotonic()
    rest = {one.pk: one for one in claimed}
    try:
        for step in _steps(claimed):
            if _is_late(began):
                break
            if step[0].target == rules.TOPIC and _topic.rests():
                continue
            if time.monotonic() - leased_at > rules.LEASE.total_seconds() / 3:
                rest = {one.pk: one for one in renew(list(rest.values()))}
                leased_at = time.monotonic()
            if ours := [rest.pop(one.pk) for one in step if one.pk in rest]:
                made += _take_step(ours)
    finally:
        _let_go(list(rest.values()))
    return made


def _let_go(deliveries: Sequence[Delivery]) -> None:
    """Give up what was not worked; while the database is away, the leases end by themselves."""
    try:
        let_go(deliveries)
    except Error:
        logger.warning("%d deliveries wait for the end of their leases", len(deliveries))


def _steps(claimed: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """What goes together: a subject's deliveries to handlers that need no outside world, in their order;
    each other one alone; as many for the topic as it takes at once.
    """
    local: list[Delivery] = []
    alone: list[Delivery] = []
    to_topic: list[Delivery] = []
    for one in claimed:
        if one.target == rules.TOPIC:
            to_topic.append(one)
        else:
            (local if _is_local(one) else alone).append(one)
    for _, group in groupby(sorted(local, key=_by_subject), key=lambda one: one.subject):
        yield list(group)
    yield from ([one] for one in alone)
    sizes = [gateways.size_of(one.message) for one in to_topic]
    for batch in rules.batches(sizes, most=gateways.SNS_BATCH, heaviest=gateways.SNS_BYTES):
        yield to_topic[batch]


def _is_local(delivery: Delivery) -> bool:
    subscription = find_subscription(delivery.target)
    return subscription is not None and not subscription.remote


def _by_subject(delivery: Delivery) -> tuple[str, int]:
    return delivery.subject, delivery.pk


def _take_step(step: Sequence[Delivery]) -> int:
    """The deliveries made. What fails as a whole, as at its commit, is tried one by one if nobody outside
    has heard it, and is put off. Raises what says that the database is away.
    """
    try:
        return _work(step)
    except Exception as error:
        if is_outage(error):
            raise
        if len(step) > 1 and _is_local(step[0]):
            return sum(_take_step([one]) for one in step)
        for one in step:
            _note_failure(one, error)
        return 0


def _work(step: Sequence[Delivery]) -> int:
    first = step[0]
    if first.target == rules.TOPIC:
        return _deliver_to_topic(step)
    if _is_local(first):
        return _deliver_to_handlers(step)
    return _deliver_remotely(first)


def _deliver_to_handlers(deliveries: Sequence[Delivery]) -> int:
    """Call one subject's handlers in one transaction; one that fails is undone and put off, alone."""
    with transaction.atomic():
        # Marked before they run: the rows' locks keep another relay out, should the lease have ended.
        unmade = mark_delivered(deliveries)
        failed = [one for one in deliveries if one.pk in unmade and not _handle(one)]
    return len(unmade) - len(failed)


def _handle(delivery: Delivery) -> bool:
    """Let a handler work in a savepoint; whether it did. Raises what says that the database is away."""
    try:
        with transaction.atomic():
            _call(delivery)
    except Exception as error:
        if is_outage(error):
            raise
        _note_failure(delivery, error)
        return False
    return True


def _deliver_remotely(delivery: Delivery) -> int:
    """Let a handler, or a replay, ask the outside world: at least once, outside any transaction."""
    try:
        if system := rules.system_of(delivery.target):
            _send_to_system(system, delivery)
        else:
            _call(delivery)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is logged and kept with the delivery
        _note_failure(delivery, error)
        return 0
    return len(mark_delivered([delivery]))


def _send_to_system(system: str, delivery: Delivery) -> None:
    for reason in add_personal_data([delivery.message]).values():
        raise LookupError(reason)
    gateways.send_to_system(system, delivery.message)


def _call(delivery: Delivery) -> None:
    """Hand the event to its handler; what that logs or sends is found by the request behind the event."""
    message = delivery.message
    subscription = find_subscription(delivery.target)
    with logging_about(trace_id=message.trace_id, event=message.type, event_id=str(message.id)):
        if subscription is None:
            msg = f"no handler is registered as {delivery.target}"
            raise LookupError(msg)
        subscription.call(message.payload)


def _note_failure(delivery: Delivery, error: Exception) -> None:
    logger.error("event %s did not reach %s", delivery.message_id, delivery.target, exc_info=error)
    put_off(delivery, reason=repr(error))


def _deliver_to_topic(deliveries: Sequence[Delivery]) -> int:
    refused = add_personal_data([delivery.message for delivery in deliveries])
    refused |= _publish([one.message for one in deliveries if str(one.message_id) not in refused])
    _put_off_refused(deliveries, refused)
    accepted = [one for one in deliveries if str(one.message_id) not in refused]
    return len(mark_delivered(accepted))


def _publish(messages: Sequence[OutboxMessage]) -> dict[str, str]:
    began = time.monotonic()
    try:
        return gateways.publish_to_topic(messages) if messages else {}
    except Exception as error:
        if time.monotonic() - began > _LONG_WAIT_SECONDS:
            _topic.let_rest()
        logger.exception("the topic took none of %d events", len(messages))
        return {str(message.id): repr(error) for message in messages}


def _put_off_refused(deliveries: Collection[Delivery], refused: dict[str, str]) -> None:
    for delivery in deliveries:
        if reason := refused.get(str(delivery.message_id)):
            put_off(delivery, reason=reason)


def report_lag(*, now: datetime) -> dict[str, int]:
    """Put on record for how many seconds the oldest delivery to each target waits; returns them."""
    lag = {target: int((now - since).total_seconds()) for target, since in list_lag().items()}
    for target, seconds in lag.items():
        record_metric(Metric.DELIVERY_LAG_SECONDS, value=seconds, target=target)
    return lag
