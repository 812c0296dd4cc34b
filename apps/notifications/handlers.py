from uuid import UUID

from apps.accounts.events import AccessRequested
from apps.events.services import subscribe
from apps.notifications import services
from apps.notifications.events import MessageQueued
from apps.notifications.models import Kind
from apps.orders.events import (
    OrderAwaitingApproval,
    OrderAwaitingPayment,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRejected,
    UnitsCancelled,
)
from apps.refunds.events import RefundApproved, RefundPaid, RefundRefused, RefundRequested
from apps.refunds.types import RefundKind
from apps.shipping.events import ShipmentDelivered, ShipmentShipped


@subscribe(OrderPlaced)
def tell_received(event: OrderPlaced) -> None:
    """Say that the order has been received; written once for each order."""
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_RECEIVED)


@subscribe(OrderPaid)
def tell_confirmed(event: OrderPaid) -> None:
    """Say that the order is paid, or will be by its invoice; written once for each order."""
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_CONFIRMED)


@subscribe(OrderRejected)
def tell_rejected(event: OrderRejected) -> None:
    """Say that the order could not be, and why; written once for each order."""
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_REJECTED)


@subscribe(OrderAwaitingPayment)
def ask_for_payment(event: OrderAwaitingPayment) -> None:
    """Ask the shopper to finish the payment, and say by when; written once for each order."""
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.AWAITING_PAYMENT)


@subscribe(OrderAwaitingApproval)
def tell_awaiting_approval(event: OrderAwaitingApproval) -> None:
    """Say that a manager must agree first; written once for each order."""
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.AWAITING_APPROVAL)


@subscribe(OrderCancelled)
def tell_cancelled(event: OrderCancelled) -> None:
    """Say that the order was stopped, and why; written once for each order."""
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_CANCELLED)


@subscribe(UnitsCancelled)
def tell_units_cancelled(event: UnitsCancelled) -> None:
    """Say which units will not come; written once for each version of the order."""
    services.write_units_cancelled(
        order_id=UUID(event.order_id), version=event.version, units=event.lines
    )


@subscribe(ShipmentShipped)
def tell_shipped(event: ShipmentShipped) -> None:
    """Say that a parcel has left, and where to follow it; written once for each shipment."""
    services.write_order_message(
        order_id=UUID(event.order_id),
        kind=Kind.SHIPMENT_SHIPPED,
        about=event.shipment_id,
        fact=event,
    )


@subscribe(ShipmentDelivered)
def tell_delivered(event: ShipmentDelivered) -> None:
    """Say that a parcel has arrived; written once for each shipment.

    Of goods that had been paid back before they came, a person of support tells.
    """
    if not event.is_late:
        services.write_order_message(
            order_id=UUID(event.order_id),
            kind=Kind.SHIPMENT_DELIVERED,
            about=event.shipment_id,
            fact=event,
        )


@subscribe(RefundRequested)
def tell_refund_requested(event: RefundRequested) -> None:
    """Say that the request has arrived; written once for each request."""
    services.write_order_message(
        order_id=UUID(event.order_id),
        kind=Kind.REFUND_REQUESTED,
        about=event.request_id,
        fact=event,
    )


@subscribe(RefundRefused)
def tell_refund_refused(event: RefundRefused) -> None:
    """Say that nothing goes back, and why; written once for each request."""
    services.write_order_message(
        order_id=UUID(event.order_id),
        kind=Kind.REFUND_REFUSED,
        about=event.request_id,
        fact=event,
    )


@subscribe(RefundApproved)
def tell_refund_approved(event: RefundApproved) -> None:
    """Say what goes back; written once for each refund.

    Of a cancellation the shopper hears what was cancelled, and then that the money is sent.
    """
    if event.kind != RefundKind.CANCELLATION and event.amount.minor:
        services.write_refund_message(refund_id=UUID(event.refund_id), kind=Kind.REFUND_APPROVED)


@subscribe(RefundPaid)
def tell_refund_paid(event: RefundPaid) -> None:
    """Say that the money was sent; written again only if it came back and was sent once more."""
    services.write_refund_message(refund_id=UUID(event.refund_id), kind=Kind.REFUND_PAID)


@subscribe(AccessRequested, lane="mails")
def answer_access_request(event: AccessRequested) -> None:
    """Mail the link that was asked for; a repeat mails one more that works as well."""
    services.answer_access_request(request_id=UUID(event.request_id))


@subscribe(MessageQueued, lane="mails")
def send_message(event: MessageQueued) -> None:
    """Send a written message, once; one that a crash left half sent is rather not sent at all."""
    services.send_message(message_id=UUID(event.message_id))
