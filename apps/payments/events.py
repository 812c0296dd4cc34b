"""What payments announces. Amounts are minor units of their currency."""

from apps.core.types import Money
from apps.events.types import Event


class PaymentCaptured(Event):
    """The money of an order has been taken."""

    type = "payments.payment.captured.v1"
    subject = "reference"
    audience = frozenset({"accounting"})

    payment_id: str
    reference: str
    gateway: str
    amount: Money


class PaymentRefunded(Event):
    """Money went back to the shopper."""

    type = "payments.payment.refunded.v1"
    subject = "reference"
    audience = frozenset({"accounting"})

    payment_id: str
    reference: str
    gateway: str
    amount: Money
    refund_key: str


class PaymentFailed(Event):
    """The gateway or the shopper refused; no money was taken."""

    type = "payments.payment.failed.v1"
    subject = "reference"
    audience = frozenset({"accounting", "support"})

    payment_id: str
    reference: str
    gateway: str
    amount: Money
    reason: str


ANNOUNCED = (PaymentCaptured, PaymentRefunded, PaymentFailed)
