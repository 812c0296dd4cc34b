"""Questions about a checkout: what it can be shipped by, and where an order stands."""

from uuid import UUID

from django.core.signing import Signer
from django.db import InterfaceError, OperationalError
from django.utils.crypto import constant_time_compare

from apps.checkout.types import OrderProgress, TimelineEntry
from apps.core.errors import NotFound
from apps.core.rules import public_number
from apps.orders.selectors import find_order, list_timeline


def status_key_of(order_id: UUID) -> str:
    """The capability that opens an order's status page without a log-in."""
    return Signer(salt="checkout.status").signature(str(order_id))


def track_order(*, order_id: UUID, key: str) -> OrderProgress:
    """Where an order stands. Until its message is processed, or while the database does not answer,
    that is `accepted`: the order is safe on the queue. Raises NotFound for a wrong key.
    """
    if not constant_time_compare(key, status_key_of(order_id)):
        raise NotFound
    accepted = OrderProgress(
        order_id=order_id, number=public_number(source=order_id), status="accepted"
    )
    try:
        order = find_order(order_id)
        if order is None:
            return accepted
        return OrderProgress(
            order_id=order_id,
            number=order.number,
            status=order.status,
            reason=order.reason,
            reason_details=order.reason_details,
            total=order.total,
            action_url=order.action_url,
            timeline=tuple(
                TimelineEntry(type=event.type, occurred_at=event.occurred_at)
                for event in list_timeline(order_id)
            ),
        )
    except (OperationalError, InterfaceError):
        return accepted
