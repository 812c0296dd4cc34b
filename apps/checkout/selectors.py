"""Questions about a checkout: what it can be shipped by, and where an order stands."""

from uuid import UUID

from django.conf import settings
from django.core.signing import Signer
from django.db import InterfaceError, OperationalError
from django.utils.crypto import constant_time_compare

from apps.checkout.errors import NotOrdered
from apps.checkout.types import AmountDue, OrderProgress, ShipmentProgress, TimelineEntry
from apps.core.errors import NotFound
from apps.core.rules import public_number
from apps.core.types import Money
from apps.orders.selectors import adjustments_of, find_order, list_timeline
from apps.orders.types import OrderStatus
from apps.payments.selectors import get_standing
from apps.payments.types import Standing
from apps.shipping.models import Shipment
from apps.shipping.selectors import list_shipments


def status_key_of(order_id: UUID) -> str:
    """The capability that opens an order's status page without a log-in."""
    return _status_keys_of(order_id)[0]


def is_status_key(key: str, *, order_id: UUID) -> bool:
    """Whether this is the order's capability, or was one before the secret behind it was changed."""
    return any(constant_time_compare(key, one) for one in _status_keys_of(order_id))


def _status_keys_of(order_id: UUID) -> list[str]:
    secrets = settings.STATUS_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        Signer(key=secret, salt="checkout.status").signature(str(order_id)) for secret in secrets
    ]


def track_order(*, order_id: UUID, key: str, if_placed: bool = False) -> OrderProgress:
    """Where an order stands. Until its message is processed, or while the database does not answer,
    that is `accepted`: the order is safe on the queue. Raises NotFound for a wrong key.

    `if_placed`: whoever asks does not know that the quote was ever placed, so that nothing is taken for
    granted. Raises NotOrdered if there is no order, and what an outage raises.
    """
    if not is_status_key(key, order_id=order_id):
        raise NotFound
    accepted = OrderProgress(
        order_id=order_id, number=public_number(source=order_id), status="accepted"
    )
    try:
        order = find_order(order_id)
        if order is None and if_placed:
            raise NotOrdered
        if order is None:
            return accepted
        standing = get_standing(order_id, total=order.total)
        is_payable = order.status == OrderStatus.AWAITING_PAYMENT
        return OrderProgress(
            order_id=order_id,
            number=order.number,
            status=order.status,
            reason=order.reason,
            reason_details=order.reason_details,
            total=order.total,
            adjustments=adjustments_of(order),
            action_url=order.action_url,
            was_paid=standing.captured_minor > 0,
            on_account=standing.is_on_account,
            customer_id=order.customer_id,
            due=amount_due(standing, currency=order.currency) if is_payable else None,
            held=Money(standing.held_minor, order.currency) if is_payable else None,
            pay_by=order.pay_by if is_payable else None,
            timeline=tuple(
                TimelineEntry(type=event.type, occurred_at=event.occurred_at)
                for event in list_timeline(order_id)
            ),
            shipments=tuple(_progress_of(one) for one in list_shipments(order_id)),
        )
    except (OperationalError, InterfaceError):
        if if_placed:
            raise
        return accepted


def amount_due(standing: Standing, *, currency: str) -> AmountDue | None:
    """What the shopper of an unpaid order is to find a way to pay for, if anything."""
    if not standing.next_due_minor:
        return None
    return AmountDue(
        amount=Money(standing.next_due_minor, currency),
        all_of_it=Money(standing.due_minor, currency),
        attempt=standing.next_attempt,
        is_declined=standing.is_declined,
    )


def _progress_of(shipment: Shipment) -> ShipmentProgress:
    return ShipmentProgress(
        number=shipment.number,
        status=shipment.status,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        lines=tuple((line.quantity, line.order_line.title) for line in shipment.lines.all()),
    )
