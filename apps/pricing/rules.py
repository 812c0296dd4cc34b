"""The one place where amounts are computed.

Rounding, once per line and never on sums: a line's amount is unit price × quantity, rounded to the
currency's minor unit with halves away from zero; its tax is computed from that rounded amount and
rounded the same way; shipping is one more such line. Totals only add what was rounded before.
"""

from collections.abc import Sequence
from decimal import Decimal

from apps.core.rules import round_money
from apps.core.types import Money
from apps.pricing.types import LineToPrice, Priced, PricedLine, ShippingToPrice, Totals


def quote(
    *,
    lines: Sequence[LineToPrice],
    shipping: ShippingToPrice,
    currency: str,
    tax_included: bool,
) -> Priced:
    """Price lines and shipping so that lines + shipping + tax − discount = total, always."""
    priced = tuple(_price(line, currency=currency, tax_included=tax_included) for line in lines)
    shipping_tax = tax_on(
        amount=Money(shipping.amount_minor, currency),
        rate=shipping.tax_rate,
        tax_included=tax_included,
    )
    amounts = sum(line.amount_minor for line in priced)
    taxes = sum(line.tax_minor for line in priced)
    discount = sum(line.discount_minor for line in lines)
    contained, contained_in_shipping = (taxes, shipping_tax) if tax_included else (0, 0)
    parts = {
        "lines_minor": amounts - contained,
        "shipping_minor": shipping.amount_minor - contained_in_shipping,
        "tax_minor": taxes + shipping_tax,
    }
    totals = Totals(**parts, discount_minor=discount, total_minor=sum(parts.values()) - discount)
    return Priced(lines=priced, totals=totals)


def line_amount(*, unit_price: Decimal, quantity: int, currency: str) -> Money:
    """What a line costs before any discount, rounded once."""
    return round_money(amount=unit_price * quantity, currency=currency)


def tax_on(*, amount: Money, rate: Decimal, tax_included: bool) -> int:
    """The tax in (or on top of) a rounded amount, in minor units."""
    share = rate / (1 + rate) if tax_included else rate
    return round_money(amount=amount.amount * share, currency=amount.currency).minor


def _price(line: LineToPrice, *, currency: str, tax_included: bool) -> PricedLine:
    amount = line_amount(unit_price=line.unit_price, quantity=line.quantity, currency=currency)
    taxable = Money(amount.minor - line.discount_minor, currency)
    tax = tax_on(amount=taxable, rate=line.tax_rate, tax_included=tax_included)
    return PricedLine(amount_minor=amount.minor, tax_minor=tax)
