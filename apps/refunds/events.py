"""What refunds announces. Amounts are minor units of their currency, tax included."""

import msgspec

from apps.core.types import Money
from apps.events.types import Event


class RefundLineFact(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU that shall come back; `reason` is why, if somebody was asked."""

    sku: str
    title: str
    quantity: int
    reason: str = ""
    restocked: bool = False


class RefundRequested(Event, frozen=True, kw_only=True):
    """A customer, or staff for them, wants goods of an order to go back."""

    type = "refunds.refund.requested.v1"
    subject = "request_id"
    public = True

    request_id: str
    order_id: str
    number: str
    requested_by: str
    reason: str
    lines: tuple[RefundLineFact, ...]


class RefundRefused(Event, frozen=True, kw_only=True):
    """Staff refused a request; `refusal` says why, in words for the customer."""

    type = "refunds.refund.refused.v1"
    subject = "request_id"
    public = True

    request_id: str
    order_id: str
    number: str
    refusal: str
    lines: tuple[RefundLineFact, ...]


class RefundApproved(Event, frozen=True, kw_only=True):
    """Money or goods come back: of an order, or as a credit that stands alone."""

    type = "refunds.refund.approved.v1"
    subject = "refund_id"
    public = True

    refund_id: str
    order_id: str | None
    number: str
    amount: Money
    reason: str
    kind: str = "return"
    request_id: str | None = None
    lines: tuple[RefundLineFact, ...] = ()


class RefundFailed(Event, frozen=True, kw_only=True):
    """The gateway will not send a granted refund; a person has to find another way."""

    type = "refunds.refund.failed.v1"
    subject = "refund_id"
    public = True

    refund_id: str
    order_id: str
    number: str
    amount: Money
    reason: str


class RefundPaid(Event, frozen=True, kw_only=True):
    """The money of a refund has left."""

    type = "refunds.refund.paid.v1"
    subject = "refund_id"

    refund_id: str
    order_id: str | None


class RefundRetried(Event, frozen=True, kw_only=True):
    """Staff wants the gateway to be asked again for a refund that failed."""

    type = "refunds.refund.retried.v1"
    subject = "refund_id"

    refund_id: str
