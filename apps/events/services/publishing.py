"""Write facts down in the transaction that makes them true."""

from uuid import UUID

import msgspec
from django.db import connection, transaction

from apps.core.models import new_id
from apps.events.errors import OutsideTransaction
from apps.events.gateways import send_wake
from apps.events.models import OutboxMessage
from apps.events.types import Event


def publish(event: Event, *, actor_id: int | None = None) -> UUID:
    """Announce a fact if, and only if, the surrounding transaction commits; returns the event's id.

    Raises OutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(event.type)
    message = OutboxMessage.objects.create(
        id=new_id(),
        type=event.type,
        subject=str(getattr(event, event.subject)),
        payload=msgspec.to_builtins(event),
        actor_id=actor_id,
    )
    return message.id


def wake_relay_on_commit() -> None:
    """Send one wake-up per transaction, however many events it announces.

    A wake-up that cannot be sent is logged and harmless: the sweep finds the event within a minute.
    """
    if not any(function is send_wake for _, function, _ in connection.run_on_commit):
        transaction.on_commit(send_wake, robust=True)
