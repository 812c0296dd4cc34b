"""An order before it is a row: what checkout hands over, and what travels through the queue."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from apps.core.types import (
    Address,
    MinorUnits,
    Money,
    Text3,
    Text10,
    Text20,
    Text50,
    Text64,
    Text100,
    Text200,
    Text254,
)
from apps.payments.types import MOST_SHARES, Share
from apps.pricing.types import Adjustment, Adjustments, Totals


class Channel(StrEnum):
    """How an order came; IMPORT is for those that another service took, told about, approved and shipped."""

    WEB = "web"
    API = "api"
    IMPORT = "import"


class StopReason(StrEnum):
    """Why an order, or a part of it, ends before its time; a person's own words may stand instead."""

    SOLD_OUT = "sold_out"
    PAYMENT_DECLINED = "payment_declined"
    CART_ALREADY_ORDERED = "cart_already_ordered"
    TOO_MANY_UNITS = "too_many_units"
    CUSTOMER_GONE = "customer_gone"
    NOT_WRITABLE = "not_writable"
    PAYMENT_EXPIRED = "payment_expired"
    GIVEN_UP = "given_up"
    APPROVAL_EXPIRED = "approval_expired"
    NOT_DELIVERED = "not_delivered"
    CANCELLED = "cancelled"
    # What staff choose from.
    CUSTOMER = "customer"
    NOT_AVAILABLE = "not_available"
    DOUBTFUL = "doubtful"
    STAFF = "staff"


class OrderStatus(StrEnum):
    PLACED = "placed"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_APPROVAL = "awaiting_approval"
    PAID = "paid"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


# What may still become paid, and what will not be.
UNPAID = frozenset(
    {OrderStatus.PLACED, OrderStatus.AWAITING_PAYMENT, OrderStatus.AWAITING_APPROVAL}
)
STOPPED = frozenset({OrderStatus.CANCELLED, OrderStatus.REJECTED})

# Of a draft, and so of the signed quote and of the message on the queue that carry one.
DRAFT_VERSION = 2
MOST_LINES = 1_000
# What a line may ask for: a thousand lines of one SKU still fit a 32-bit level of stock.
MOST_UNITS = 1_000_000
# A 32-bit column without a sign.
_MOST_COUNTED = 2**31 - 1


def _check_decimal(value: Decimal, *, digits: int, places: int) -> None:
    """Refuse what a numeric column of so many digits and decimals would refuse or round."""
    # Its size comes first: a decimal of more than 28 digits cannot be rounded at all.
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** (digits - places):
        msg = f"Expected a decimal >= 0 and below 1E+{digits - places}"
        raise ValueError(msg)
    if value != round(value, places):
        msg = f"Expected a decimal with at most {places} decimals"
        raise ValueError(msg)


class DraftLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. The prices of a unit are in major units; the minor amounts are of the whole line.

    `list_price` is before anything, `unit_price` what a unit costs in this order; `amount_minor` is the
    quantity at that, `paid_minor` the amount with its adjustments. All contain tax if the draft's prices
    do; `tax_minor` is the tax on what is paid. A line that is not `stocked` (a fee) reserves nothing.
    """

    sku: Text64
    title: Text200
    quantity: Annotated[int, Meta(ge=1, le=MOST_UNITS)]
    list_price: Decimal
    unit_price: Decimal
    amount_minor: MinorUnits
    paid_minor: MinorUnits
    tax_minor: MinorUnits
    tax_rate: Decimal
    adjustments: Adjustments = ()
    options: Text200 = ""
    stocked: bool = True

    def __post_init__(self) -> None:
        _check_decimal(self.list_price, digits=14, places=4)
        _check_decimal(self.unit_price, digits=14, places=4)
        _check_decimal(self.tax_rate, digits=6, places=5)


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything an order will be, priced and addressed, but not yet accepted.

    Its bounds are those of the tables it will be written to: what can be read as a draft can be kept
    as an order. A quote is measured against them before it is signed, and a message before it is sent.
    """

    id: UUID
    market: Text10
    currency: Text3
    tax_included: bool
    language: Text10
    email: Text254
    address: Address
    shipping_method: Text50
    shipping_name: Text100
    shipping_tax_rate: Decimal | None = None
    shipping_adjustments: Adjustments = ()
    lines: Annotated[tuple[DraftLine, ...], Meta(min_length=1, max_length=MOST_LINES)]
    totals: Totals
    channel: Text20 = Channel.WEB.value
    customer_id: Annotated[int, Meta(ge=1)] | None = None
    cart_id: UUID | None = None
    cart_version: Annotated[int, Meta(ge=0, le=_MOST_COUNTED)] | None = None

    def __post_init__(self) -> None:
        if self.shipping_tax_rate is not None:
            _check_decimal(self.shipping_tax_rate, digits=6, places=5)

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """Every part of an adjustment, of the lines and then of the shipping."""
        of_lines = (one for line in self.lines for one in line.adjustments)
        return (*of_lines, *self.shipping_adjustments)

    @property
    def total(self) -> Money:
        """What the shopper will pay, tax and adjustments included."""
        return Money(self.totals.total_minor, self.currency)


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The message on the orders queue: a draft that was accepted, and by which shares it is to be paid.

    `version` is its draft's. Shares that do not come to the total leave a rest that the shopper is asked for
    later.
    """

    version: int
    draft: OrderDraft
    payments: Annotated[tuple[Share, ...], Meta(min_length=1, max_length=MOST_SHARES)]
    accepted_at: Annotated[datetime, Meta(tz=True)]
    fingerprint: Text64


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """That an order was accepted, and when; who ordered what is not in it."""

    order_id: UUID
    accepted_at: Annotated[datetime, Meta(tz=True)]


class Whereabouts(StrEnum):
    """Where an accepted order is: a row (a sale or a rejection), set aside, on its way, or lost."""

    WRITTEN = "written"
    DEAD_LETTER = "dead_letter"
    WAITING = "waiting"
    NOWHERE = "nowhere"
