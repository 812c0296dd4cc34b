"""Values of the price calculation. Minor units unless a name says otherwise."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from apps.core.types import MinorUnits


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
    """What the quote rule needs of a line; `unit_price` is in major units, tax as the market says."""

    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    discount_minor: int = 0


class ShippingToPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The shipping charge, tax as the market says."""

    amount_minor: int
    tax_rate: Decimal


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line's amount before its discount, tax as the market says, and the tax on the rest."""

    amount_minor: int
    tax_minor: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """lines + shipping + tax − discount = total; lines and shipping are without tax."""

    lines_minor: MinorUnits
    shipping_minor: MinorUnits
    tax_minor: MinorUnits
    discount_minor: MinorUnits
    total_minor: MinorUnits


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of the quote rule."""

    lines: tuple[PricedLine, ...]
    totals: Totals
