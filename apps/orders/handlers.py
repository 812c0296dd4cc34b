from uuid import UUID

from apps.events.services import personalise, subscribe
from apps.orders import selectors, services
from apps.orders.events import (
    OrderApproved,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRejected,
    PaymentDue,
    PaymentReturnDue,
)
from apps.payments.events import PaymentAuthorised, PaymentCaptured, PaymentFailed

personalise(OrderPlaced, OrderPaid, OrderRejected)(selectors.read_personal_data)


@subscribe(PaymentDue, lane="payments")
def take_payment(event: PaymentDue) -> None:
    """Ask a provider that may answer late for the money; by its key a repeat moves none."""
    services.continue_order(order_id=UUID(event.order_id))


@subscribe(PaymentAuthorised, lane="payments")
def go_on_with_payment(event: PaymentAuthorised) -> None:
    """The shopper agreed on the bank's page, or the bank told us by itself."""
    services.continue_order(order_id=UUID(event.reference))


@subscribe(OrderApproved, lane="payments")
def go_on_after_approval(event: OrderApproved) -> None:
    """Take the money that a manager agreed to; of an order that is paid or stopped no more."""
    services.continue_order(order_id=UUID(event.order_id))


@subscribe(PaymentCaptured)
def settle_payment(event: PaymentCaptured) -> None:
    """The bank's page, or a worker that died after capturing: either way the order must hear of it."""
    services.settle_payment(order_id=UUID(event.reference))


@subscribe(PaymentFailed)
def wait_for_payment(event: PaymentFailed) -> None:
    """Ask the shopper for another way to pay, unless the order has moved on meanwhile."""
    services.wait_for_payment(order_id=UUID(event.reference))


@subscribe(OrderCancelled, lane="payments")
def return_money(event: OrderCancelled) -> None:
    """Let go of what a cancelled order holds, and send back what came though it was not paid.

    A repeat asks under the same keys and moves nothing.
    """
    services.return_money(order_id=UUID(event.order_id))


@subscribe(PaymentReturnDue, lane="payments")
def return_undue_money(event: PaymentReturnDue) -> None:
    """Give back what a stopped order holds or took; a repeat moves nothing."""
    services.return_money(order_id=UUID(event.order_id))
