"""What becomes of each row of the old service's sales. The same file always makes the same plan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid5

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
from apps.core.rules import round_money

CURRENCY = "GBP"
_NAMESPACE = UUID("b9a3c2de-6f0c-4b7e-9f39-8a1c54b1f0aa")
_SHIPPING_CODES = frozenset({"POST", "DOT", "C2"})
_FEE_CODES = frozenset({"M", "S", "B", "PADS", "CRUK", "BANK CHARGES", "AMAZONFEE"})
_DISCOUNT_CODES = frozenset({"D"})

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


def order_id_of(invoice: str) -> UUID:
    """The id under which an invoice becomes an order, however often it is replayed."""
    return uuid5(_NAMESPACE, invoice)


def reference_of(row: Row) -> str:
    """What a return, a credit or an adjustment is booked under, so that it is booked once."""
    return f"moved-in:{row.source}"[:64]


def tax_rate_of(*, country: str, sold_at: datetime) -> Decimal:
    """The British standard rate of the day for buyers in the EU, none for those beyond it."""
    if COUNTRIES.get(country, UNKNOWN_COUNTRY) not in _TAXED:
        return Decimal(0)
    return _OLD_RATE if sold_at < _RATE_RISE else _NEW_RATE


def pence(amount: Decimal) -> int:
    """An amount in pounds, rounded to the penny as the quote rule rounds."""
    return round_money(amount=amount, currency=CURRENCY).minor


def make_plan(*, rows: Sequence[Row], unreadable: Sequence[RejectedRow]) -> Plan:
    """Decide on every row, in the order of the file's dates."""
    rejected = list(unreadable)
    classes: dict[str, RowClass] = {}
    invoices: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if fault := find_fault(row):
            classes[row.source] = RowClass.REJECTED
            rejected.append(_rejected(row, reason=fault))
        else:
            invoices[row.invoice].append(row)
    for invoice in invoices.values():
        is_free = not any(row.unit_price for row in invoice)
        for row in invoice:
            classes[row.source] = classify(row, invoice_is_free=is_free)
    kept = [row for invoice in invoices.values() for row in invoice]
    orders = tuple(
        order
        for name, invoice in invoices.items()
        if (order := _plan_order(name, rows=invoice, classes=classes))
    )
    returns, loose = _settle(
        [row for row in kept if _is_credit(row, classes[row.source])], orders=orders
    )
    adjustments = tuple(row for row in kept if classes[row.source] is RowClass.STOCK_ADJUSTMENT)
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
    """Returns, and shipping, fees and discounts that a credit note gives back."""
    charged = row_class in {RowClass.SHIPPING, RowClass.FEE, RowClass.DISCOUNT}
    return row_class is RowClass.RETURN_LINE or (charged and row.is_credit_note)


def _plan_order(
    invoice: str, *, rows: Sequence[Row], classes: Mapping[str, RowClass]
) -> PlannedOrder | None:
    """The order an invoice becomes, or None for a credit note or a note on stock."""
    by_class: dict[RowClass, list[Row]] = defaultdict(list)
    for row in rows:
        row_class = classes[row.source]
        if row_class is not RowClass.STOCK_ADJUSTMENT and not _is_credit(row, row_class):
            by_class[row_class].append(row)
    lines = tuple(
        PlannedLine(row=row, amount_minor=pence(row.exact_amount), stocked=stocked)
        for row_class, stocked in ((RowClass.ORDER_LINE, True), (RowClass.FEE, False))
        for row in by_class[row_class]
    )
    shipping = by_class[RowClass.SHIPPING]
    if not lines and not shipping:
        return None
    first = rows[0]
    return PlannedOrder(
        id=order_id_of(invoice),
        sources=tuple(row.source for group in by_class.values() for row in group),
        invoice=invoice,
        customer=first.customer,
        country=first.country,
        sold_at=first.sold_at,
        lines=lines,
        shipping_minor=sum(pence(row.exact_amount) for row in shipping),
        discount_minor=-sum(pence(row.exact_amount) for row in by_class[RowClass.DISCOUNT]),
        tax_rate=tax_rate_of(country=first.country, sold_at=first.sold_at),
    )


class _OpenSale:
    """A sold line with what may still come back of it."""

    def __init__(self, order: PlannedOrder, position: int) -> None:
        self.order = order
        self.position = position
        self.left = order.lines[position].row.quantity


def _settle(
    rows: Sequence[Row], *, orders: Sequence[PlannedOrder]
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
        quantity, amount = -row.quantity, -pence(row.exact_amount)
        sale = _find_sale(
            sales[row.customer, row.code] if row.customer else [],
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
