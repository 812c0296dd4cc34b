"""What payments announces. Amounts are minor units of their currency."""

from apps.core.types import Money
from apps.events.types import Event


class PaymentAuthorised(Event, frozen=True, kw_only=True):
    """Money of an order is held, and somebody else than the order's worker learnt it first."""

    type = "payments.payment.authorised.v1"
    subject = "reference"

    payment_id: str
    reference: str


class PaymentCaptured(Event, frozen=True, kw_only=True):
    """Money of an order, or of a share of it, has been taken."""

    type = "payments.payment.captured.v1"
    subject = "reference"
    public = True

    payment_id: str
    reference: str
    gateway: str
    amount: Money


class PaymentCameLate(Event, frozen=True, kw_only=True):
    """Money was taken by a payment whose share another may have paid by now, or that nobody owes; it goes back."""

    type = "payments.payment.came_late.v1"
    subject = "reference"

    payment_id: str
    reference: str


class PaymentRefunded(Event, frozen=True, kw_only=True):
    """Money went back to the shopper."""

    type = "payments.payment.refunded.v1"
    subject = "reference"
    public = True

    payment_id: str
    reference: str
    gateway: str
    amount: Money
    refund_key: str


class PaymentRefundReturned(Event, frozen=True, kw_only=True):
    """Money that had gone back did not reach the shopper, and is ours again."""

    type = "payments.payment.refund_returned.v1"
    subject = "reference"
    public = True

    payment_id: str
    reference: str
    gateway: str
    amount: Money
    refund_key: str
    reason: str


class PaymentFailed(Event, frozen=True, kw_only=True):
    """The gateway or the shopper refused; no money was taken."""

    type = "payments.payment.failed.v1"
    subject = "reference"
    public = True

    payment_id: str
    reference: str
    gateway: str
    amount: Money
    reason: str


class PaymentDisputed(Event, frozen=True, kw_only=True):
    """The shopper has asked the bank for the money back; evidence is due at the gateway."""

    type = "payments.payment.disputed.v1"
    subject = "reference"
    public = True

    payment_id: str
    reference: str
    gateway: str
    amount: Money
    reason: str


class PaymentReviewRequired(Event, frozen=True, kw_only=True):
    """Something was said of a payment that only its gateway can confirm; it is to be asked."""

    type = "payments.payment.review_required.v1"
    subject = "reference"

    payment_id: str
    reference: str
