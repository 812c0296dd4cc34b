"""What refunds announces. Amounts are minor units of their currency."""

from apps.core.types import Money
from apps.events.types import Event


class RefundApproved(Event, frozen=True, kw_only=True):
    """Money or goods come back: a return against an order, or a credit that stands alone."""

    type = "refunds.refund.approved.v1"
    subject = "refund_id"
    audience = frozenset({"accounting", "inventory", "crm", "support"})

    refund_id: str
    order_id: str | None
    number: str
    amount: Money
    reason: str


ANNOUNCED = (RefundApproved,)
