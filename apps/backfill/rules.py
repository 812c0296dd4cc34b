"""What becomes of each row of the old service's sales. The same file always makes the same plan."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from uuid import UUID, uuid5

from msgspec import structs

from apps.backfill.types import (
    Plan,
    PlannedCredit,
    PlannedLine,
    PlannedOrder,
    PlannedReturn,
    RejectedRow,
    Row,
    RowClass,
)
from apps.core.rules import digest_of, round_money

CURRENCY = "GBP"
_NAMESPACE = UUID("b9a3c2de-6f0c-4b7e-9f39-8a1c54b1f0aa")
_SHIPPING_CODES = frozenset({"POST", "DOT", "C2"})
_FEE_CODES = frozenset({"M", "S", "B", "PADS", "CRUK", "BANK CHARGES", "AMAZONFEE"})
_DISCOUNT_CODES = frozenset({"D"})

# What the columns of catalogue, orders and refunds take; the customer is half of an e-mail address.
_MOST_INVOICE, _MOST_SKU, _MOST_CUSTOMER, _MOST_COUNTRY = 64, 64, 64, 100
_MOST_UNITS = 1_000_000
_MOST_PRICE, _PRICE_PLACES = Decimal(10_000_000_000), 4
_MOST_STOCK = 2**31 - 1
_EARLIEST, _TOO_LATE = datetime(1970, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
# An order travels in one message: base64 of its JSON, in 256 KiB.
_MOST_LINES, _MOST_BYTES, _BYTES_PER_LINE = 500, 120_000, 200

# The standard rate rose from 17.5 % to 20 % on 4 January 2011: Finance (No. 2) Act 2010, section 3.
_RATE_RISE = datetime(2011, 1, 4, tzinfo=UTC)
_OLD_RATE, _NEW_RATE = Decimal("0.175"), Decimal("0.2")

# The file's names. Sales to the EU of the time bore British VAT; sales beyond it bore none.
COUNTRIES: Mapping[str, str] = {
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Spain": "ES",
    "Netherlands": "NL", "Belgium": "BE", "Switzerland": "CH", "Portugal": "PT", "Australia": "AU",
    "Norway": "NO", "Italy": "IT", "Channel Islands": "JE", "Finland": "FI", "Cyprus": "CY",
    "Sweden": "SE", "Austria": "AT", "Denmark": "DK", "Japan": "JP", "Poland": "PL",
    "Israel": "IL", "USA": "US", "Hong Kong": "HK", "Singapore": "SG", "Iceland": "IS",
    "Canada": "CA", "Greece": "GR", "Malta": "MT", "United Arab Emirates": "AE", "RSA": "ZA",
    "Lebanon": "LB", "Lithuania": "LT", "Brazil": "BR", "Czech Republic": "CZ", "Bahrain": "BH",
    "Saudi Arabia": "SA",
}  # fmt: skip
UNKNOWN_COUNTRY = "ZZ"
_TAXED = frozenset(
    "GB DE FR IE ES NL BE PT IT FI CY SE AT DK PL GR MT LT CZ".split()  # noqa: SIM905
)


def classify(row: Row, *, invoice_is_free: bool) -> RowClass:
    """The class of a row; `invoice_is_free` says that nothing on its invoice has a price."""
    code = row.code.upper()
    if code in _SHIPPING_CODES:
        return RowClass.SHIPPING
    if code in _DISCOUNT_CODES:
        return RowClass.DISCOUNT
    if code in _FEE_CODES or row.invoice.startswith("A"):
        return RowClass.FEE
    if row.is_credit_note:
        return RowClass.RETURN_LINE
    if row.unit_price == 0 and (row.quantity < 0 or invoice_is_free):
        return RowClass.STOCK_ADJUSTMENT
    return RowClass.ORDER_LINE if row.quantity > 0 else RowClass.RETURN_LINE


def find_fault(row: Row) -> str:
    """Why nothing can be made of a row that could be read; empty if something can."""
    if row.quantity == 0:
        return "the quantity is zero"
    if row.unit_price < 0 and not row.invoice.startswith("A"):
        return "the price is negative"
    if row.is_credit_note and row.quantity > 0:
        return "a credit note with a positive quantity"
    return ""


def find_excess(row: Row) -> str:
    """What in a row does not fit the tables that it would be written to; empty if all of it does.

    The amounts of any row that fits can be added up.
    """
    for name, text, most in (
        ("InvoiceNo", row.invoice, _MOST_INVOICE),
        ("StockCode", row.code, _MOST_SKU),
        ("CustomerID", row.customer, _MOST_CUSTOMER),
        ("Country", row.country, _MOST_COUNTRY),
    ):
        if len(text) > most:
            return f"{name} is longer than {most} characters"
    if abs(row.quantity) > _MOST_UNITS:
        return f"the quantity is more than {_MOST_UNITS:,}"
    if abs(row.unit_price) >= _MOST_PRICE or abs(row.exact_amount) >= _MOST_PRICE:
        return f"the price or the amount is not below {_MOST_PRICE:,} pounds"
    if row.unit_price != round(row.unit_price, _PRICE_PLACES):
        return f"the price has more than {_PRICE_PLACES} decimals"
    return "" if _EARLIEST <= row.sold_at < _TOO_LATE else "the year cannot be meant"


def order_id_of(invoice: str) -> UUID:
    """The id under which an invoice becomes an order, however often it is imported."""
    return uuid5(_NAMESPACE, invoice)


def part_id_of(invoice: str, *, part: int) -> UUID:
    """The id of one of the orders that a long invoice becomes; the first has the invoice's own."""
    # No row that can be read holds a NUL, so that no other invoice has this name.
    return order_id_of(f"{invoice}\0{part}" if part else invoice)


def reference_of(row: Row) -> str:
    """What a return, a credit or an adjustment is booked under, so that it is booked once.

    It tells apart what stands in the same line of two files of the same name.
    """
    content = f"{row.source}\n{row.invoice}\n{row.code}\n{row.quantity}\n{row.unit_price}"
    return f"imported:{row.source[-38:]}:{digest_of(text=content)[:16]}"


def tax_rate_of(*, country: str, sold_at: datetime) -> Decimal:
    """The British standard rate of the day, as a fraction, for buyers in the EU; none beyond it."""
    if COUNTRIES.get(country) not in _TAXED:
        return Decimal(0)
    return _OLD_RATE if sold_at < _RATE_RISE else _NEW_RATE


def pence(amount: Decimal) -> int:
    """An amount in pounds, rounded to the penny as the quote rule rounds."""
    return round_money(amount=amount, currency=CURRENCY).minor


def make_plan(
    *,
    rows: Sequence[Row],
    unreadable: Sequence[RejectedRow],
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Decide on every row, in the order of the file's dates. `refused`: reasons by source."""
    rejected = list(unreadable)
    classes: dict[str, RowClass] = {}
    invoices: dict[str, list[Row]] = defaultdict(list)
    units: dict[str, int] = defaultdict(int)
    for row in rows:
        fault = refused.get(row.source) or find_fault(row)
        if not fault and units[row.code] + abs(row.quantity) > _MOST_STOCK:
            fault = "more units of its SKU than can be counted"
        if fault:
            classes[row.source] = RowClass.REJECTED
            rejected.append(_rejected(row, reason=fault))
        else:
            invoices[row.invoice].append(row)
            units[row.code] += abs(row.quantity)
    for invoice in invoices.values():
        is_free = not any(row.unit_price for row in invoice)
        for row in invoice:
            classes[row.source] = classify(row, invoice_is_free=is_free)
    return _plan(rows, invoices=invoices.values(), classes=classes, rejected=rejected)


def _plan(
    rows: Sequence[Row],
    *,
    invoices: Collection[Sequence[Row]],
    classes: dict[str, RowClass],
    rejected: Sequence[RejectedRow],
) -> Plan:
    planned = [_plan_invoice(invoice, classes=classes) for invoice in invoices]
    orders = tuple(chain.from_iterable(parts for parts, _ in planned))
    returns, loose = _settle(
        list(chain.from_iterable(given_back for _, given_back in planned)),
        orders=orders,
        classes=classes,
    )
    adjustments = tuple(
        row
        for invoice in invoices
        for row in invoice
        if classes[row.source] is RowClass.STOCK_ADJUSTMENT
    )
    return Plan(
        orders=orders,
        returns=returns,
        credits=loose,
        adjustments=adjustments,
        rejected=tuple(rejected),
        classes=classes,
        rows=tuple(rows),
        opening_stock=_opening_stock(orders=orders, adjustments=adjustments),
    )


def _rejected(row: Row, *, reason: str) -> RejectedRow:
    text = f"{row.invoice},{row.code},{row.description},{row.quantity},{row.unit_price}"
    return RejectedRow(source=row.source, text=text, reason=reason, exact_amount=row.exact_amount)


def _is_credit(row: Row, row_class: RowClass) -> bool:
    """Returns, and shipping, fees and discounts that a credit note or a negative amount gives back."""
    if row_class in {RowClass.SHIPPING, RowClass.FEE}:
        return row.is_credit_note or row.exact_amount < 0
    return row_class is RowClass.RETURN_LINE or (
        row_class is RowClass.DISCOUNT and row.is_credit_note
    )


def _plan_invoice(
    rows: Sequence[Row], *, classes: Mapping[str, RowClass]
) -> tuple[list[PlannedOrder], list[Row]]:
    """The orders an invoice becomes (several if it is too long for one), and what it gives back."""
    by_class: dict[RowClass, list[Row]] = defaultdict(list)
    given_back: list[Row] = []
    for row in rows:
        if _is_credit(row, classes[row.source]):
            given_back.append(row)
        else:
            by_class[classes[row.source]].append(row)
    discounts = [row for row in by_class[RowClass.DISCOUNT] if row.exact_amount < 0]
    # What is called a discount and costs something is a fee.
    fees = [row for row in by_class[RowClass.DISCOUNT] if row.exact_amount >= 0]
    lines = [
        *(_line_of(row, stocked=True) for row in by_class[RowClass.ORDER_LINE]),
        *(_line_of(row, stocked=False) for row in (*by_class[RowClass.FEE], *fees)),
    ]
    shipping = by_class[RowClass.SHIPPING]
    if shipping and not lines:
        # No order is without a line.
        lines, shipping = [_line_of(row, stocked=False) for row in shipping], []
    parts = [
        _part_of(rows[0], part=part, lines=some, shipping=[] if part else shipping)
        for part, some in enumerate(_cut(lines))
    ]
    given_back += [row for row in discounts if not _take_off(row, parts=parts)]
    return parts, given_back


def _line_of(row: Row, *, stocked: bool) -> PlannedLine:
    return PlannedLine(row=row, amount_minor=pence(row.exact_amount), stocked=stocked)


def _cut(lines: Sequence[PlannedLine]) -> Iterator[tuple[PlannedLine, ...]]:
    """Cut the lines of an invoice into as many as one order's message can carry."""
    some: list[PlannedLine] = []
    size = 0
    for line in lines:
        # JSON writes what is not ASCII in six bytes or twelve.
        texts = len(json.dumps(line.row.code)) + len(json.dumps(line.row.description[:200]))
        weight = _BYTES_PER_LINE + texts
        if some and (len(some) == _MOST_LINES or size + weight > _MOST_BYTES):
            yield tuple(some)
            some, size = [], 0
        some.append(line)
        size += weight
    if some:
        yield tuple(some)


def _part_of(
    first: Row, *, part: int, lines: tuple[PlannedLine, ...], shipping: Sequence[Row]
) -> PlannedOrder:
    charged = [line.row for line in lines] + list(shipping)
    return PlannedOrder(
        id=part_id_of(first.invoice, part=part),
        sources=tuple(row.source for row in charged),
        invoice=first.invoice,
        customer=first.customer,
        country=first.country,
        sold_at=first.sold_at,
        lines=lines,
        shipping_minor=sum(pence(row.exact_amount) for row in shipping),
        discount_minor=0,
        tax_rate=tax_rate_of(country=first.country, sold_at=first.sold_at),
    )


def _take_off(row: Row, *, parts: list[PlannedOrder]) -> bool:
    """Take a discount off the first part of the invoice that costs as much; False if none does."""
    amount = -pence(row.exact_amount)
    for position, order in enumerate(parts):
        if order.total_minor >= amount:
            parts[position] = structs.replace(
                order,
                discount_minor=order.discount_minor + amount,
                sources=(*order.sources, row.source),
            )
            return True
    return False


class _OpenSale:
    """A sold line with what may still come back of it."""

    def __init__(self, order: PlannedOrder, position: int) -> None:
        self.order = order
        self.position = position
        self.left = order.lines[position].row.quantity


def _settle(
    rows: Sequence[Row], *, orders: Sequence[PlannedOrder], classes: Mapping[str, RowClass]
) -> tuple[tuple[PlannedReturn, ...], tuple[PlannedCredit, ...]]:
    """Set each return against the latest sale to the same customer that can still bear it."""
    sales: dict[tuple[str, str], list[_OpenSale]] = defaultdict(list)
    for order in sorted(orders, key=lambda one: one.sold_at):
        for position, line in enumerate(order.lines):
            if order.customer and line.stocked:
                sales[order.customer, line.row.code].append(_OpenSale(order, position))
    money_left = {order.id: order.total_minor for order in orders}
    returns: list[PlannedReturn] = []
    loose: list[PlannedCredit] = []
    for row in sorted(rows, key=lambda one: one.sold_at):
        quantity, amount = abs(row.quantity), -pence(row.exact_amount)
        comes_back = classes[row.source] is RowClass.RETURN_LINE
        sale = _find_sale(
            sales[row.customer, row.code] if comes_back else [],
            row=row,
            amount=amount,
            money_left=money_left,
        )
        if sale is None:
            loose.append(PlannedCredit(row=row, quantity=quantity, amount_minor=amount))
            continue
        sale.left -= quantity
        money_left[sale.order.id] -= amount
        returns.append(
            PlannedReturn(
                row=row,
                order_id=sale.order.id,
                position=sale.position,
                quantity=quantity,
                amount_minor=amount,
            )
        )
    return tuple(returns), tuple(loose)


def _find_sale(
    sales: Iterable[_OpenSale], *, row: Row, amount: int, money_left: Mapping[UUID, int]
) -> _OpenSale | None:
    for sale in reversed(list(sales)):
        fits = sale.left >= -row.quantity and money_left[sale.order.id] >= amount
        if fits and sale.order.sold_at <= row.sold_at:
            return sale
    return None


def _opening_stock(*, orders: Sequence[PlannedOrder], adjustments: Sequence[Row]) -> dict[str, int]:
    """Enough of each SKU for all that is sold and written off, since the file tells no levels."""
    needed: dict[str, int] = defaultdict(int)
    for order in orders:
        for line in order.lines:
            if line.stocked:
                needed[line.row.code] += line.row.quantity
    for row in adjustments:
        needed[row.code] += max(0, -row.quantity)
    return dict(needed)
