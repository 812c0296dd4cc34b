"""The one place where amounts are computed, and where it is decided which tax rates an address has.

Rounding, once per line and never on sums: a line's amount is unit price × quantity, rounded to the
currency's minor unit with halves away from zero; its tax is computed from that amount with its
adjustments and rounded the same way; shipping is one more such line. Totals only add what was rounded.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial

import msgspec

from apps.catalog.types import TaxClass
from apps.core.rules import round_money, spread
from apps.core.types import Money
from apps.pricing.errors import AdjustedBelowZero, TaxRateMissing
from apps.pricing.types import (
    Adjustment,
    LineToPrice,
    Priced,
    PricedLine,
    RateRow,
    ShippingToPrice,
    Territory,
    Totals,
)

# One prefix of postcodes, or a range of prefixes of one length: 35, 9500..9999.
_RANGE = r"[0-9A-Z]+(?:\.\.[0-9A-Z]+)?"
POSTCODES = rf"^(?:{_RANGE}(?:, ?{_RANGE})*)?$"


def _outside(country: str, law: str, **parts: str | tuple[str, ...]) -> list[Territory]:
    """Parts of a country outside the Union's VAT area, by name and prefixes of their postcodes."""
    return [
        Territory(
            code=code,
            country=country,
            law=law,
            postcodes=prefixes if isinstance(prefixes, tuple) else (prefixes,),
        )
        for code, prefixes in parts.items()
    ]


_DIRECTIVE = "Directive 2006/112/EC, Art. "
_INTERPRETATION = "Interpretation Act 1978, Sch. 1"
_ON_GREENLAND = "Treaty on the Functioning of the European Union, Art. 204"
# Not among them: postcodes that an excluded place shared with places that are taxed (23030 of Livigno, 22060
# of Campione). There the country's rate holds.
TERRITORIES = (
    *_outside("GR", _DIRECTIVE + "6(1)(a)", mount_athos=("63086", "63087")),
    *_outside("ES", _DIRECTIVE + "6(1)(b)", canary_islands=("35", "38")),
    *_outside("FR", _DIRECTIVE + "6(1)(c)", french_overseas=("971", "972", "973", "974", "976")),
    *_outside(
        "FR",
        _DIRECTIVE + "5(2)",
        french_overseas=("975", "977", "978", "984", "986", "987", "988"),
    ),
    *_outside("FI", _DIRECTIVE + "6(1)(d)", aland="22"),
    *_outside("IT", _DIRECTIVE + "6(1)(f)", campione="22061"),
    *_outside("DE", _DIRECTIVE + "6(2)(a)", heligoland="27498"),
    *_outside("DE", _DIRECTIVE + "6(2)(b)", buesingen="78266"),
    *_outside("ES", _DIRECTIVE + "6(2)(c)", ceuta="51"),
    *_outside("ES", _DIRECTIVE + "6(2)(d)", melilla="52"),
    *_outside("IT", _DIRECTIVE + "6(2)(e)", livigno="23041"),
    # The same places, and others, under country codes of their own (ISO 3166-1).
    Territory(code="aland", country="AX", law=_DIRECTIVE + "6(1)(d)"),
    *(
        Territory(code="french_overseas", country=country, law=_DIRECTIVE + law)
        for law, countries in (
            ("6(1)(c)", ("GF", "GP", "MF", "MQ", "RE", "YT")),
            ("5(2)", ("BL", "NC", "PF", "PM", "TF", "WF")),
        )
        for country in countries
    ),
    # Neither the Union's nor the United Kingdom's.
    *(
        Territory(code=code, country=country, postcodes=postcodes, law=_INTERPRETATION)
        for code, own in (("jersey", "JE"), ("guernsey", "GY"))
        # Their people choose the United Kingdom where a market offers nothing nearer.
        for country, postcodes in (({"GY": "GG"}.get(own, own), ()), ("GB", (own,)))
    ),
    # Denmark's, and not the Union's.
    Territory(code="greenland", country="GL", law=_ON_GREENLAND),
    Territory(code="greenland", country="DK", postcodes=("39",), law=_ON_GREENLAND),
    # Inside: treated as part of the country beside them.
    Territory(code="monaco", country="MC", law=_DIRECTIVE + "7(1)", taxed_as="FR"),
    Territory(code="isle_of_man", country="IM", law="Isle of Man Act 1979, s. 6", taxed_as="GB"),
    # Of the Union for goods, at the rates of the United Kingdom.
    Territory(
        code="northern_ireland",
        country="GB",
        postcodes=("BT",),
        law="Windsor Framework, Art. 8 and Annex 3",
        taxed_as="GB",
    ),
)
SHIPPING_CLASS = TaxClass.STANDARD


def misfit_of(postcodes: str) -> str:
    """The first range of a list whose ends are not of one length, or the wrong way round; else nothing."""
    for one in re.findall(_RANGE, postcodes):
        first, _, last = one.partition("..")
        if last and (len(first) != len(last) or first > last):
            return str(one)
    return ""


def territory_of(*, country: str, postcode: str) -> Territory | None:
    """The special territory that an address lies in; None for all the rest of the world."""
    code = _bare(postcode)
    for one in TERRITORIES:
        if one.country == country and (not one.postcodes or code.startswith(one.postcodes)):
            return one
    return None


def countries_to_ask(country: str) -> tuple[str, ...]:
    """The countries whose rates may hold for an address in this one."""
    return (
        country,
        *{one.taxed_as for one in TERRITORIES if one.country == country and one.taxed_as},
    )


def choose_rates(
    rows: Iterable[RateRow],
    *,
    country: str,
    postcode: str,
    region: str,
    tax_classes: Collection[str],
) -> Mapping[str, Decimal]:
    """The rate of each class, as a fraction (0.2 is 20 %), for goods that go to an address.

    The narrowest that the shop has given wins: for its postcode, its region, its country. Without one for
    a part, nothing is charged in a territory outside the VAT area, and in one that is treated as part
    of another country its rates hold. Raises TaxRateMissing: no rate is never 0 %.
    """
    territory = territory_of(country=country, postcode=postcode)
    found: dict[str, tuple[tuple[int, int], Decimal]] = {}
    for row in rows:
        narrowness = _narrowness(row, country=country, postcode=postcode, region=region)
        if narrowness is None and territory and row.country == territory.taxed_as:
            narrowness = None if row.region or row.postcodes else _BORROWED
        if narrowness and narrowness >= found.get(row.tax_class, (_BORROWED, None))[0]:
            found[row.tax_class] = narrowness, row.rate
    rates = {name: rate for name, (_, rate) in found.items()}
    if territory and not territory.taxed_as:
        of_the_part = {name: rate for name, (how, rate) in found.items() if how != _WHOLE}
        rates = dict.fromkeys(tax_classes, Decimal(0)) | of_the_part
    if missing := sorted(set(tax_classes) - rates.keys()):
        raise TaxRateMissing(country=country, tax_classes=missing)
    return {name: rates[name] for name in tax_classes}


_BORROWED, _WHOLE = (-1, 0), (0, 0)


def _narrowness(
    row: RateRow, *, country: str, postcode: str, region: str
) -> tuple[int, int] | None:
    """How narrowly a rate fits an address; None where it is not for it."""
    if row.country != country or (row.region and row.region.casefold() != region.casefold()):
        return None
    digits = _matched(_bare(postcode), row.postcodes)
    if row.postcodes and not digits:
        return None
    return digits, int(bool(row.region))


def _matched(code: str, postcodes: str) -> int:
    """How many characters of a postcode a list of prefixes and ranges names; 0 where none fits."""
    fitting = [0]
    for one in re.findall(_RANGE, postcodes):
        first, _, last = one.partition("..")
        if first <= code[: len(first)] <= (last or first) and len(code) >= len(first):
            fitting.append(len(first))
    return max(fitting)


def _bare(postcode: str) -> str:
    """A postcode without spaces and hyphens, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", postcode.upper())


def quote(
    *,
    lines: Sequence[LineToPrice],
    shipping: ShippingToPrice,
    currency: str,
    tax_included: bool,
    adjustments: Sequence[Adjustment] = (),
) -> Priced:
    """Price lines and shipping so that lines + shipping + tax + adjustments = total, always.

    All are minor units of the currency. With `tax_included` unit prices, adjustments and shipping
    contain their tax; lines and shipping of the totals never do. The `adjustments` of the whole order
    are distributed over its lines, and tax is computed on what is paid. Raises AdjustedBelowZero.
    """
    price = partial(_price, currency=currency, tax_included=tax_included)
    amounts = [
        line_amount(unit_price=line.unit_price, quantity=line.quantity, currency=currency).minor
        for line in lines
    ]
    parts = distribute(
        adjustments,
        over=[adjusted(amounts[at], line.adjustments) for at, line in enumerate(lines)],
    )
    priced = tuple(
        price(amounts[at], (*line.adjustments, *parts[at]), rate=line.tax_rate)
        for at, line in enumerate(lines)
    )
    postage = price(shipping.amount_minor, shipping.adjustments, rate=shipping.tax_rate)
    return Priced(
        lines=priced,
        shipping=postage,
        totals=_total(lines=priced, shipping=postage, tax_included=tax_included),
    )


def adjusted(amount_minor: int, adjustments: Sequence[Adjustment]) -> int:
    """What an amount comes to with its adjustments, in minor units. Raises AdjustedBelowZero."""
    for one in adjustments:
        amount_minor += one.amount_minor
        if amount_minor < 0:
            raise AdjustedBelowZero(code=one.code)
    return amount_minor


def distribute(
    adjustments: Sequence[Adjustment], *, over: Sequence[int]
) -> list[tuple[Adjustment, ...]]:
    """The parts of an order's adjustments that each of its lines bears.

    `over` is what the lines come to after their own, in minor units. Each adjustment is divided by what
    those before it have left of them: its parts add up to it, and none takes a line below zero. Raises
    AdjustedBelowZero where all lines together come to less, and where there are none.
    """
    left = list(over)
    parts: list[list[Adjustment]] = [[] for _ in left]
    for one in adjustments:
        if not left or sum(left) + one.amount_minor < 0:
            raise AdjustedBelowZero(code=one.code)
        for at, minor in enumerate(_divided(one.amount_minor, weights=left)):
            left[at] += minor
            if minor:
                parts[at].append(msgspec.structs.replace(one, amount_minor=minor))
    return [tuple(borne) for borne in parts]


def summed_up(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """Adjustments as a shopper reads them: the parts of one added up, in the order of their first."""
    sums: dict[tuple[str, str, str], Adjustment] = {}
    for one in adjustments:
        key = one.code, one.label, one.scope
        before = sums[key].amount_minor if key in sums else 0
        sums[key] = msgspec.structs.replace(one, amount_minor=before + one.amount_minor)
    return tuple(sums.values())


def line_amount(*, unit_price: Decimal, quantity: int, currency: str) -> Money:
    """What a line costs before any adjustment, rounded once; tax as in its unit price.

    The unit price is in major units of the currency.
    """
    return round_money(amount=unit_price * quantity, currency=currency)


def tax_on(*, amount: Money, rate: Decimal, tax_included: bool) -> int:
    """The tax in (or on top of) a rounded amount, in minor units."""
    share = rate / (1 + rate) if tax_included else rate
    return round_money(amount=amount.amount * share, currency=amount.currency).minor


def _divided(amount_minor: int, *, weights: Sequence[int]) -> list[int]:
    """A signed amount by weight, what is taken off rounded as what is added."""
    if amount_minor < 0:
        return [-part for part in _divided(-amount_minor, weights=weights)]
    return spread(amount_minor=amount_minor, weights=weights)


def _price(
    amount_minor: int,
    adjustments: tuple[Adjustment, ...],
    *,
    rate: Decimal,
    currency: str,
    tax_included: bool,
) -> PricedLine:
    paid = adjusted(amount_minor, adjustments)
    tax = tax_on(amount=Money(paid, currency), rate=rate, tax_included=tax_included)
    return PricedLine(
        amount_minor=amount_minor, adjustments=adjustments, paid_minor=paid, tax_minor=tax
    )


def _total(*, lines: Sequence[PricedLine], shipping: PricedLine, tax_included: bool) -> Totals:
    taxes = sum(line.tax_minor for line in lines)
    contained, contained_in_shipping = (taxes, shipping.tax_minor) if tax_included else (0, 0)
    parts = {
        "lines_minor": sum(line.amount_minor for line in lines) - contained,
        "shipping_minor": shipping.amount_minor - contained_in_shipping,
        "tax_minor": taxes + shipping.tax_minor,
        "adjustments_minor": sum(one.paid_minor - one.amount_minor for one in (*lines, shipping)),
    }
    return Totals(**parts, total_minor=sum(parts.values()))
