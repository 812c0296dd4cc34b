from uuid import UUID

from apps.events.services import subscribe
from apps.orders import services
from apps.orders.events import OrderCancelled
from apps.payments.events import PaymentCaptured, PaymentFailed


@subscribe(PaymentCaptured, remote=True)
def settle_payment(event: PaymentCaptured) -> None:
    """The bank's page, or a worker that died after capturing: either way the order must hear of it."""
    services.settle_payment(order_id=UUID(event.reference))


@subscribe(PaymentFailed)
def reject_unpaid(event: PaymentFailed) -> None:
    services.reject_unpaid(order_id=UUID(event.reference), reason="payment_declined")


@subscribe(OrderCancelled, remote=True)
def return_money(event: OrderCancelled) -> None:
    services.return_money(order_id=UUID(event.order_id))
