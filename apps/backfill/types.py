"""Rows of the old service's sales, and what is to become of them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec


class RowClass(StrEnum):
    """Where a row of the file ends up; every row ends in exactly one."""

    ORDER_LINE = "order line"
    SHIPPING = "shipping charge"
    DISCOUNT = "discount"
    FEE = "fee"
    RETURN_LINE = "return line"
    STOCK_ADJUSTMENT = "stock adjustment"
    REJECTED = "rejected"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One readable row. `source` is `file:line`; `unit_price` is in pounds, tax included."""

    source: str
    invoice: str
    code: str
    description: str
    quantity: int
    sold_at: datetime
    unit_price: Decimal
    customer: str
    country: str

    @property
    def exact_amount(self) -> Decimal:
        """Price times quantity: pounds, tax included, unrounded; below zero for what came back."""
        return self.unit_price * self.quantity

    @property
    def is_credit_note(self) -> bool:
        """Whether its invoice gives money back: the old service's numbers of those begin with C."""
        return self.invoice.startswith("C")


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that nothing can be made of, as it stood, and why."""

    source: str
    text: str
    reason: str
    exact_amount: Decimal = Decimal(0)


class FileShape(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be read."""

    encoding: str
    delimiter: str

    @property
    def encoding_name(self) -> str:
        """The encoding as people call it."""
        return self.encoding.removesuffix("-sig").upper()


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """All that files hold: every row that is not blank is in one of the lists. Shapes by file name."""

    rows: list[Row]
    unreadable: list[RejectedRow]
    shapes: dict[str, FileShape]


class PlannedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row that becomes a line of an order: goods, or a fee that reserves no stock."""

    row: Row
    amount_minor: int
    stocked: bool


class PlannedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice, or a part of a long one, that becomes an order. Amounts are in pence, tax included."""

    id: UUID
    sources: tuple[str, ...]
    invoice: str
    customer: str
    country: str
    sold_at: datetime
    lines: tuple[PlannedLine, ...]
    shipping_minor: int
    discount_minor: int
    tax_rate: Decimal

    @property
    def total_minor(self) -> int:
        """What the buyer paid in pence, tax included: goods and shipping less the discount."""
        goods = sum(line.amount_minor for line in self.lines)
        return goods + self.shipping_minor - self.discount_minor


class PlannedReturn(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Units that come back to the sale they were bought in; pence, tax included."""

    row: Row
    order_id: UUID
    position: int
    quantity: int
    amount_minor: int


class PlannedCredit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A credit without a sale to set it against; pence, tax included."""

    row: Row
    quantity: int
    amount_minor: int


class PlannedAdjustment(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Units that were found (more) or lost (fewer)."""

    row: Row


Booking = PlannedReturn | PlannedCredit | PlannedAdjustment


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of every row of the file."""

    orders: tuple[PlannedOrder, ...]
    returns: tuple[PlannedReturn, ...]
    credits: tuple[PlannedCredit, ...]
    adjustments: tuple[Row, ...]
    rejected: tuple[RejectedRow, ...]
    classes: dict[str, RowClass]
    rows: tuple[Row, ...]
    opening_stock: dict[str, int]

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """All that is booked beside the orders, in the order in which it has to be."""
        adjustments = (PlannedAdjustment(row=row) for row in self.adjustments)
        return (*self.returns, *self.credits, *adjustments)


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the reconciliation: how many rows, and their amount in pence."""

    name: str
    rows: int
    amount_minor: int


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """The classes against the file; `problems` names whatever is not accounted for."""

    tallies: tuple[Tally, ...]
    file_rows: int
    file_amount: Decimal
    rounding: Decimal
    problems: tuple[str, ...]
    refused: dict[str, str]

    @property
    def unaccounted_rows(self) -> int:
        """How many rows of the file are in no class; below zero if some are in two."""
        return self.file_rows - sum(tally.rows for tally in self.tallies)

    @property
    def unaccounted_amount(self) -> Decimal:
        """What of the file's amount is in no class, rounding aside: in pounds, tax included."""
        booked = Decimal(sum(tally.amount_minor for tally in self.tallies)) / 100
        return self.file_amount - booked - self.rounding

    @property
    def is_complete(self) -> bool:
        """Whether every row and every penny of the file is accounted for."""
        return not (self.problems or self.unaccounted_rows or self.unaccounted_amount)
