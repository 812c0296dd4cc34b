"""What is asked for, what is granted, and what a refund would come to. Minor units, tax included."""

from enum import StrEnum

import msgspec

from apps.core.types import Money


class Requester(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"


class RequestState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class RefundKind(StrEnum):
    RETURN = "return"
    CANCELLATION = "cancellation"
    GOODWILL = "goodwill"
    CREDIT = "credit"


class RefundState(StrEnum):
    APPROVED = "approved"
    PAID = "paid"
    FAILED = "failed"


class AdjustmentCode(StrEnum):
    """Why a refund is not what was paid for its units and its shipping.

    GOODWILL is given although no goods come; AGREED is what an amount agreed elsewhere adds or takes off;
    SHORT is what could not be given because the order has no money left.
    """

    GOODWILL = "goodwill"
    AGREED = "agreed"
    SHORT = "short"


class ReturnReason(StrEnum):
    UNWANTED = "unwanted"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    TOO_LATE = "too_late"
    OTHER = "other"


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one order line that come back, and their amount in minor units of the order."""

    order_line_id: int
    quantity: int
    amount_minor: int


class CreditedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units that come back without a sale they belong to; minor units."""

    sku: str
    quantity: int
    amount_minor: int


class AskedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order line that somebody wants to send back; without a reason, the request's."""

    order_line_id: int
    quantity: int
    reason: str = ""


class ApprovedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order line that staff take back, and whether they can be sold again."""

    order_line_id: int
    quantity: int
    restock: bool = False


class LineAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An order line as a refund sees it.

    `total_minor` is what its units cost the shopper, `tax_minor` the tax in that; `refunded_*` is what
    has been granted for it, `returned` the units of that which were not cancelled; staff may grant
    `left` more; `asked` units are in undecided requests.
    """

    order_line_id: int
    sku: str
    title: str
    options: str
    quantity: int
    shipped: int
    total_minor: int
    tax_minor: int
    refunded_units: int
    refunded_minor: int
    returned: int
    left: int
    asked: int
    stocked: bool

    @property
    def free(self) -> int:
        """How many units can be asked for now: sent, not returned yet, and in no request."""
        return max(0, min(self.left, self.shipped - self.returned) - self.asked)

    @property
    def free_later(self) -> int:
        """How many more units can be asked for once they have been sent."""
        return max(0, self.left - self.asked) - self.free if self.stocked else 0


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order line that would come back: what was paid for them, and what is given back."""

    order_line_id: int
    sku: str
    title: str
    quantity: int
    paid_minor: int
    amount_minor: int
    tax_minor: int
    restock: bool = False


class RefundPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a refund would come to. `cap` is what of the order's money has not been granted yet."""

    lines: tuple[PricedLine, ...]
    shipping: Money
    shipping_left: Money
    goodwill: Money
    tax: Money
    total: Money
    cap: Money

    @property
    def is_too_much(self) -> bool:
        """Whether more would go back than is left of the order's money."""
        return self.total.minor > self.cap.minor


class NewPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that was checked and drawn anew: WebP without what the camera wrote beside it."""

    content: bytes
    width: int
    height: int
