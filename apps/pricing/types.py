"""Values of the price calculation. Minor units unless a name says otherwise."""

from decimal import Decimal

import msgspec

from apps.core.types import MinorUnits


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
