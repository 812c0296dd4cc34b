from uuid import UUID

from apps.events.services import subscribe
from apps.orders.events import OrderCancelled, UnitsCancelled
from apps.payments.events import PaymentRefunded, PaymentRefundReturned
from apps.refunds import services
from apps.refunds.events import RefundApproved, RefundRetried


@subscribe(RefundApproved, remote=True)
def pay_back(event: RefundApproved) -> None:
    """By the refunds queue; a credit without a sale has no payment to go back through."""
    if event.order_id and event.amount.minor:
        services.send_to_queue(refund_id=UUID(event.refund_id))


@subscribe(RefundRetried, remote=True)
def queue_again(event: RefundRetried) -> None:
    """Send a refund that failed once more. Queued twice, it is paid once: by its attempt's key."""
    services.send_to_queue(refund_id=UUID(event.refund_id))


@subscribe(PaymentRefunded)
def note_paid(event: PaymentRefunded) -> None:
    """Note that the provider has sent the money; what is paid already is not announced again."""
    services.note_paid(refund_key=event.refund_key)


@subscribe(PaymentRefundReturned)
def note_returned(event: PaymentRefundReturned) -> None:
    """Note that the money has come back, so that a person looks; a repeat changes nothing."""
    services.note_returned(refund_key=event.refund_key, reason=event.reason)


@subscribe(OrderCancelled)
def refund_order(event: OrderCancelled) -> None:
    """Grant back what is left of a cancelled order's money, once for each order."""
    services.refund_cancelled_order(order_id=UUID(event.order_id))


@subscribe(UnitsCancelled)
def refund_units(event: UnitsCancelled) -> None:
    """Grant back what units that will not come have cost, once for each version of the order."""
    services.refund_cancelled_units(
        order_id=UUID(event.order_id),
        version=event.version,
        units={int(line): quantity for line, quantity in event.lines.items()},
        reason=event.reason,
    )
