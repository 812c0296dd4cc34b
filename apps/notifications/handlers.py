from uuid import UUID

from apps.events.services import subscribe
from apps.notifications import services
from apps.notifications.events import MessageQueued
from apps.notifications.models import Kind
from apps.orders.events import OrderAwaitingPayment, OrderPaid, OrderPlaced, OrderRejected


@subscribe(OrderPlaced)
def tell_received(event: OrderPlaced) -> None:
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_RECEIVED)


@subscribe(OrderPaid)
def tell_confirmed(event: OrderPaid) -> None:
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_CONFIRMED)


@subscribe(OrderRejected)
def tell_rejected(event: OrderRejected) -> None:
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.ORDER_REJECTED)


@subscribe(OrderAwaitingPayment)
def ask_for_payment(event: OrderAwaitingPayment) -> None:
    services.write_order_message(order_id=UUID(event.order_id), kind=Kind.AWAITING_PAYMENT)


@subscribe(MessageQueued, remote=True)
def send_message(event: MessageQueued) -> None:
    services.send_message(message_id=UUID(event.message_id))
