"""Values of the price calculation. Minor units unless a name says otherwise."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from apps.core.types import MinorUnits, Text50, Text64, Text200

# How many parts of adjustments one line, or the shipping, may bear.
MOST_ADJUSTMENTS = 20


class PriceContext(msgspec.Struct, frozen=True, kw_only=True):
    """For whom, where and when a price is asked; whoever asks for a price says all of it.

    `tax_included` says whether prices there contain their tax. `customer_id` is None for guests and for
    what is the same for everybody; `channel` is how an order would come. A field is added once the shop
    has a source for it.
    """

    market: str
    currency: str
    tax_included: bool
    channel: str
    moment: Annotated[datetime, Meta(tz=True)]
    customer_id: int | None = None


class AdjustmentScope(StrEnum):
    """What an adjustment was meant for; that of an order is kept as the parts that its lines bear."""

    LINE = "line"
    SHIPPING = "shipping"
    ORDER = "order"


class Adjustment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What changes a price, and why: a promotion, a fee, goodwill.

    `amount_minor` is signed: below zero it takes off, above it adds; tax as the market says. `code` is
    stable, `label` is what the shopper reads, `source` says who decided (`promotion:12`, `staff:4`,
    `import`).
    """

    code: Text50
    label: Text200
    scope: AdjustmentScope
    amount_minor: MinorUnits
    source: Text64
    reason: Text200 = ""


Adjustments = Annotated[tuple[Adjustment, ...], Meta(max_length=MOST_ADJUSTMENTS)]


class Territory(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a country, or one with a code of its own, whose VAT is not what its country suggests.

    `postcodes` are prefixes; without any it is all of the country. `taxed_as` is the country whose rates
    hold there; empty where no VAT is charged. `law` says so.
    """

    code: str
    country: str
    law: str
    postcodes: tuple[str, ...] = ()
    taxed_as: str = ""


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tax rate as the shop keeps it: of a country, of a region, or of postcodes such as `35, 38..39`."""

    country: str
    tax_class: str
    rate: Decimal
    region: str = ""
    postcodes: str = ""


class LineToPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What the quote rule needs of a line: prices of one unit in major units, tax as the market says.

    `list_price` is before anything, `unit_price` what a unit costs here; `adjustments` are the line's own.
    """

    quantity: int
    list_price: Decimal
    unit_price: Decimal
    tax_rate: Decimal
    adjustments: tuple[Adjustment, ...] = ()


class ShippingToPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The shipping charge before its own adjustments, tax as the market says."""

    amount_minor: int
    tax_rate: Decimal
    adjustments: tuple[Adjustment, ...] = ()


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line, or the shipping: its amount, what changes it, what is paid for it and the tax of that.

    Amounts are in minor units, tax as the market says. The adjustments are its own and its parts of the
    order's.
    """

    amount_minor: int
    paid_minor: int
    tax_minor: int
    adjustments: tuple[Adjustment, ...] = ()


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """lines + shipping + tax + adjustments = total, in minor units.

    Lines and shipping are before adjustments, and without tax: where prices contain it, they are what is
    left of their amounts without the tax on what is paid. The adjustments are signed.
    """

    lines_minor: MinorUnits
    shipping_minor: MinorUnits
    tax_minor: MinorUnits
    adjustments_minor: MinorUnits
    total_minor: MinorUnits


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of the quote rule."""

    lines: tuple[PricedLine, ...]
    shipping: PricedLine
    totals: Totals
