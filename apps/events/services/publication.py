"""Write facts down in the transaction that makes them true."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.core.models import new_id
from apps.core.services import log_facts
from apps.events.errors import OutsideTransaction
from apps.events.gateways import send_wake
from apps.events.models import Delivery, OutboxMessage
from apps.events.rules import direct_target, impersonal, priority_of
from apps.events.services.relay_slots import slots_of
from apps.events.types import Event

logger = logging.getLogger(__name__)

_postponed: ContextVar[list[None] | None] = ContextVar("postponed_wakes", default=None)


def publish(event: Event, *, actor_id: int | None = None) -> UUID:
    """Announce a fact if, and only if, the surrounding transaction commits; returns the event's id.

    Its personal fields are left out: they are added when it is sent to whoever hears it. Raises OutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(event.type)
    message = OutboxMessage.objects.create(
        id=new_id(),
        type=event.type,
        subject=str(getattr(event, event.subject)),
        payload=impersonal(event),
        is_public=event.public,
        actor_id=actor_id,
        trace_id=log_facts().get("trace_id", ""),
    )
    return message.id


def send_directly(messages: QuerySet[OutboxMessage], *, address: str) -> int:
    """Have events that were announced before put straight into one queue, after all else that is due.

    `address` is `<downstream system>:<UUIDv7 of the request>`. Call it in a transaction. Returns how many.
    """
    target = direct_target(address)
    deliveries = [
        Delivery(message_id=one, subject=subject, target=target, priority=priority_of(target))
        for one, subject in messages.values_list("pk", "subject")
    ]
    Delivery.objects.bulk_create(deliveries)
    wake_relay_on_commit()
    return len(deliveries)


def wake_relay_on_commit() -> None:
    """Send one wake-up per transaction, however many events it announces.

    A wake-up that cannot be sent is logged and harmless: the sweep finds the event within a minute.
    """
    if not any(entry[1] is _wake for entry in connection.run_on_commit):
        transaction.on_commit(_wake, robust=True)


@contextmanager
def one_wake() -> Iterator[None]:
    """Send one wake-up for all the transactions of a longer piece of work, when it is over.

    A wake-up costs about as much as a transaction, and an order makes three.
    """
    with hold_wakes() as wakes:
        try:
            yield
        finally:
            if wakes:
                wake()


@contextmanager
def hold_wakes() -> Iterator[list[None]]:
    """Collect wake-ups instead of sending them: the caller relays by itself, or sends one later."""
    wakes: list[None] = []
    token = _postponed.set(wakes)
    try:
        yield wakes
    finally:
        _postponed.reset(token)


def _wake() -> None:
    postponed = _postponed.get()
    if postponed is None:
        wake()
    else:
        postponed.append(None)


def wake(lane: str = "", *, hops: int = 0) -> None:
    """Have what is due in a lane delivered: by a relay that runs in this process, or by a message.

    One that cannot be sent is logged and harmless: the sweep finds the events.
    """
    if slots_of(lane).ask():
        return
    try:
        send_wake(lane, hops=hops)
    except Exception:
        logger.exception("the relay was not woken; the sweep will find the events")
