"""Numbers of documents, and how their taxes add up."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal

from apps.core.rules import round_money
from apps.core.types import Money
from apps.invoicing.types import DocumentKind, DocumentLine, TaxLine

_PREFIXES = {DocumentKind.INVOICE: "INV", DocumentKind.CREDIT_NOTE: "CRN"}


def series_of(*, kind: DocumentKind, year: int) -> str:
    """The series in which documents of a kind are numbered in a year, from 1 and without gaps.

    Source: Directive 2006/112/EC, Art. 226(2): "a sequential number, based on one or more series,
    which uniquely identifies the invoice".
    """
    return f"{_PREFIXES[kind]}-{year}"


def label_of(*, series: str, number: int) -> str:
    """The number as it is printed."""
    return f"{series}-{number:06d}"


def tax_lines(lines: Iterable[DocumentLine]) -> tuple[TaxLine, ...]:
    """The taxable amount and the tax per rate, highest rate first.

    Source: Directive 2006/112/EC, Art. 226(8) to (10).
    """
    net: dict[str, int] = defaultdict(int)
    tax: dict[str, int] = defaultdict(int)
    for line in lines:
        net[line.rate] += line.total_minor - line.tax_minor
        tax[line.rate] += line.tax_minor
    rates = sorted(net, key=Decimal, reverse=True)
    return tuple(TaxLine(rate=one, net_minor=net[one], tax_minor=tax[one]) for one in rates)


def rate_text(rate: Decimal) -> str:
    """A rate as it is kept and compared: 0.2, not 0.20000."""
    return f"{rate.normalize():f}"


def nearest_rate(*, net_minor: int, tax_minor: int, known: Collection[Decimal]) -> Decimal:
    """The rate among the known ones that explains a tax; where none is known, what it comes to.

    For the shipping of orders that did not keep its rate: it was mostly one of those of their lines.
    """
    if not tax_minor or not net_minor:
        return Decimal(0)
    exact = Decimal(tax_minor) / Decimal(net_minor)
    if not known:
        return exact.quantize(Decimal("0.001"))
    return min(known, key=lambda rate: abs(rate - exact))


def tax_in(*, total_minor: int, rate: Decimal, currency: str) -> int:
    """The tax that an amount contains, rounded once."""
    total = Money(total_minor, currency).amount
    return round_money(amount=total * rate / (1 + rate), currency=currency).minor
