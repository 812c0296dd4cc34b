from uuid import UUID

from apps.events.services import subscribe
from apps.invoicing import services
from apps.orders.events import OrderPaid
from apps.refunds.events import RefundApproved


@subscribe(OrderPaid)
def issue_invoice(event: OrderPaid) -> None:
    """Issue the invoice of a paid order. There is one at most: a repeat finds it."""
    services.issue_invoice(order_id=UUID(event.order_id))


@subscribe(RefundApproved)
def issue_credit_note(event: RefundApproved) -> None:
    """Issue the credit note of a granted refund. There is one at most: a repeat finds it."""
    services.issue_credit_note(refund_id=UUID(event.refund_id))
