"""An order before it is a row: what checkout hands over, and what travels through the queue."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from apps.core.types import Address, Money
from apps.pricing.types import Totals

# The channel of orders that another service took, told about, approved and shipped.
MOVED_IN = "backfill"


class OrderStatus(StrEnum):
    PLACED = "placed"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_APPROVAL = "awaiting_approval"
    PAID = "paid"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class DraftLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `unit_price` is in major units; the minor amounts are of the whole line.

    `amount_minor` and `discount_minor` contain tax if the draft's prices do; `tax_minor` is the tax
    on what is left after the discount. A line that is not `stocked` (a fee) reserves nothing.
    """

    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    amount_minor: int
    tax_minor: int
    tax_rate: Decimal
    options: str = ""
    discount_minor: int = 0
    stocked: bool = True


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything an order will be, priced and addressed, but not yet accepted."""

    id: UUID
    market: str
    currency: str
    tax_included: bool
    language: str
    email: str
    address: Address
    shipping_method: str
    shipping_name: str
    shipping_tax_rate: Decimal | None = None
    lines: tuple[DraftLine, ...]
    totals: Totals
    channel: str = "web"
    customer_id: int | None = None
    cart_id: UUID | None = None
    cart_version: int | None = None

    @property
    def total(self) -> Money:
        return Money(self.totals.total_minor, self.currency)


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The message on the orders queue: a draft that was accepted, and how it is to be paid."""

    version: int
    draft: OrderDraft
    gateway: str
    payment_token: str
    accepted_at: datetime
    fingerprint: str
