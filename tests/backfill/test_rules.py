"""What becomes of the rows: their classes, and the orders, returns and credits made of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.backfill import rules
from apps.backfill.services import read_sales
from apps.backfill.services.submission import draft_of
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
from apps.orders.rules import check_draft

SALES = Path(__file__).with_name("sales.csv")
NOON = datetime(2010, 12, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
LAST_MOMENT = datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)


def sold(line: int = 2, **changes: Any) -> Row:
    """A row of the file: six buckets at £2.55 to a known customer."""
    fields: dict[str, Any] = {
        "source": f"sales.csv:{line}",
        "invoice": "700001",
        "code": "20001",
        "description": "BLUE BUCKET",
        "quantity": 6,
        "sold_at": NOON,
        "unit_price": Decimal("2.55"),
        "customer": "14001",
        "country": "United Kingdom",
    }
    return Row(**{**fields, **changes})


def returned(line: int = 9, *, quantity: int = -2, **changes: Any) -> Row:
    """Some of them on a credit note, an hour later."""
    return sold(line, **{"invoice": "C7", "quantity": quantity, "sold_at": LATER, **changes})


def planned(*rows: Row, refused: dict[str, str] | None = None) -> Plan:
    return rules.make_plan(rows=rows, unreadable=(), refused=refused or {})


@pytest.fixture
def plan() -> Plan:
    sales = read_sales(SALES)
    return rules.make_plan(rows=sales.rows, unreadable=sales.unreadable)


class TestMakePlan:
    def test_puts_every_row_into_one_class(self, plan: Plan) -> None:
        lines = [plan.classes.get(f"sales.csv:{number}") for number in range(2, 19)]

        assert lines == [
            *[RowClass.ORDER_LINE] * 3,
            RowClass.SHIPPING,
            *[RowClass.ORDER_LINE] * 2,
            RowClass.FEE,
            *[RowClass.ORDER_LINE] * 2,
            *[RowClass.RETURN_LINE] * 2,
            RowClass.DISCOUNT,
            RowClass.RETURN_LINE,
            *[RowClass.STOCK_ADJUSTMENT] * 2,
            None,
            RowClass.REJECTED,
        ]

    def test_says_why_a_row_is_rejected(self, plan: Plan) -> None:
        reasons = {row.source: row.reason for row in plan.rejected}

        assert reasons == {
            "sales.csv:17": "Quantity 'many' is not a whole number",
            "sales.csv:18": "the quantity is zero",
        }

    def test_makes_an_order_of_each_invoice_with_its_own_prices(self, plan: Plan) -> None:
        totals = {order.invoice: order.total_minor for order in plan.orders}

        assert totals == {"700001": 2485, "700002": 438, "700003": 625}

    def test_takes_a_return_back_to_the_latest_sale_that_can_bear_it(self, plan: Plan) -> None:
        (back,) = plan.returns

        assert back.row.invoice == "C700004"
        assert (back.order_id, back.position) == (rules.order_id_of("700001"), 0)
        assert (back.quantity, back.amount_minor) == (2, 510)

    def test_makes_a_credit_of_what_no_sale_can_bear(self, plan: Plan) -> None:
        loose = {credit.row.invoice: credit.amount_minor for credit in plan.credits}

        assert loose == {"C700005": 125, "C700006": 350, "C700007": 1125}

    def test_opens_with_enough_stock_for_all_that_leaves(self, plan: Plan) -> None:
        assert plan.opening_stock == {"20001": 10, "20002": 8, "20003": 11}


class TestTaxRateOf:
    def test_knows_the_rate_of_the_day(self, plan: Plan) -> None:
        rates = {order.invoice: str(order.tax_rate) for order in plan.orders}

        assert rates == {"700001": "0.175", "700002": "0.175", "700003": "0"}


class TestTaxRate:
    @pytest.mark.parametrize(
        ("country", "sold_at", "rate"),
        [
            ("United Kingdom", datetime(2011, 1, 3, 23, 59, tzinfo=UTC), "0.175"),
            ("United Kingdom", datetime(2011, 1, 4, tzinfo=UTC), "0.2"),
            ("EIRE", LATER, "0.175"),
            ("Switzerland", LATER, "0"),
            ("Atlantis", LATER, "0"),
        ],
    )
    def test_is_the_british_one_for_the_union_of_the_time(
        self, country: str, sold_at: datetime, rate: str
    ) -> None:
        assert rules.tax_rate_of(country=country, sold_at=sold_at) == Decimal(rate)


class TestClassify:
    @pytest.mark.parametrize(
        ("changes", "is_free", "expected"),
        [
            ({}, False, "order line"),
            ({}, True, "order line"),
            ({"quantity": 1}, False, "order line"),
            ({"code": "post"}, False, "shipping charge"),
            ({"code": "DOT", "invoice": "A1"}, False, "shipping charge"),
            ({"code": "d"}, False, "discount"),
            ({"code": "Bank Charges"}, False, "fee"),
            ({"invoice": "A1"}, False, "fee"),
            ({"invoice": "C1", "quantity": -1}, False, "return line"),
            ({"invoice": "C1", "quantity": -1, "unit_price": Decimal(0)}, True, "return line"),
            ({"quantity": -1}, True, "return line"),
            ({"quantity": -1, "unit_price": Decimal(0)}, False, "stock adjustment"),
            ({"unit_price": Decimal(0)}, True, "stock adjustment"),
            ({"unit_price": Decimal(0)}, False, "order line"),
        ],
    )
    def test_looks_at_code_invoice_quantity_and_price(
        self, changes: dict[str, Any], is_free: bool, expected: str
    ) -> None:
        assert rules.classify(sold(**changes), invoice_is_free=is_free) == expected


class TestFindFault:
    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({}, ""),
            ({"unit_price": Decimal(0)}, ""),
            ({"quantity": 0}, "the quantity is zero"),
            ({"unit_price": Decimal(-1)}, "the price is negative"),
            ({"unit_price": Decimal(-1), "invoice": "A1"}, ""),
            ({"invoice": "C1", "quantity": 1}, "a credit note with a positive quantity"),
            ({"invoice": "C1", "quantity": -1}, ""),
        ],
    )
    def test_says_why_nothing_can_be_made_of_a_row(
        self, changes: dict[str, Any], fault: str
    ) -> None:
        assert rules.find_fault(sold(**changes)) == fault


class TestFindExcess:
    @pytest.mark.parametrize(
        "changes",
        [
            {"invoice": "x" * 64, "code": "x" * 64, "customer": "x" * 64, "country": "x" * 100},
            {"quantity": 1_000_000},
            {"quantity": -1_000_000},
            {"quantity": 1, "unit_price": Decimal("9999999999.9999")},
            {"sold_at": datetime(1970, 1, 1, tzinfo=UTC)},
            {"sold_at": LAST_MOMENT},
        ],
    )
    def test_lets_pass_what_just_fits(self, changes: dict[str, Any]) -> None:
        assert rules.find_excess(sold(**changes)) == ""

    @pytest.mark.parametrize(
        ("changes", "excess"),
        [
            ({"invoice": "x" * 65}, "InvoiceNo is longer than 64 characters"),
            ({"code": "x" * 65}, "StockCode is longer than 64 characters"),
            ({"customer": "x" * 65}, "CustomerID is longer than 64 characters"),
            ({"country": "x" * 101}, "Country is longer than 100 characters"),
            ({"quantity": 1_000_001}, "the quantity is more than 1,000,000"),
            ({"quantity": -1_000_001}, "the quantity is more than 1,000,000"),
            *(({"quantity": quantity, "unit_price": Decimal(price)},
               "the price or the amount is not below 10,000,000,000 pounds")
              for quantity, price in (
                  (0, 10**10), (0, -(10**10)), (2, 5 * 10**9), (-2, 5 * 10**9))),
            ({"unit_price": Decimal("0.12345")}, "the price has more than 4 decimals"),
            ({"sold_at": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)},
             "the year cannot be meant"),
            ({"sold_at": datetime(2101, 1, 1, tzinfo=UTC)}, "the year cannot be meant"),
        ],
    )  # fmt: skip
    def test_says_what_is_too_much(self, changes: dict[str, Any], excess: str) -> None:
        assert rules.find_excess(sold(**changes)) == excess


class TestNames:
    """They must be the same for ever: by them a second run finds what the first has booked."""

    def test_of_orders(self) -> None:
        assert str(rules.order_id_of("700001")) == "9dee4a96-b227-5cef-bb2f-b86f50daa70f"
        assert str(rules.part_id_of("700001", part=1)) == "6e75f2bd-4cbc-5bd6-a244-dc4f1af72c0b"
        assert rules.part_id_of("700001", part=0) == rules.order_id_of("700001")

    def test_of_returns_credits_and_adjustments(self) -> None:
        reference = rules.reference_of(sold(quantity=2))
        long = rules.reference_of(sold(source="a" + "b" * 38))

        assert reference == "imported:sales.csv:2:d91ac21dd49da5e9"
        assert long.startswith(f"imported:{'b' * 38}:")


class TestWhatIsRejected:
    def test_stands_there_with_the_reason(self) -> None:
        bad, fine = sold(2, quantity=0, unit_price=Decimal("2.5")), sold(3)
        unreadable = RejectedRow(source="sales.csv:9", text="x", reason="odd")

        plan = rules.make_plan(
            rows=[bad, fine, sold(4)], unreadable=[unreadable], refused={"sales.csv:4": "too long"}
        )

        assert plan.rejected == (
            unreadable,
            RejectedRow(
                source="sales.csv:2",
                text="700001,20001,BLUE BUCKET,0,2.5",
                reason="the quantity is zero",
                exact_amount=Decimal(0),
            ),
            RejectedRow(
                source="sales.csv:4",
                text="700001,20001,BLUE BUCKET,6,2.55",
                reason="too long",
                exact_amount=Decimal("15.30"),
            ),
        )
        assert plan.classes == {
            "sales.csv:2": RowClass.REJECTED,
            "sales.csv:3": RowClass.ORDER_LINE,
            "sales.csv:4": RowClass.REJECTED,
        }
        assert plan.rows == (bad, fine, sold(4))

    def test_is_what_makes_more_units_of_a_sku_than_can_be_counted(self) -> None:
        most = 2**31 - 1
        rows = [sold(2, quantity=most - 2), sold(3, quantity=-2), sold(4, quantity=1)]

        plan = planned(*rows, sold(5, code="20002", quantity=most))

        assert [(one.source, one.reason) for one in plan.rejected] == [
            ("sales.csv:4", "more units of its SKU than can be counted")
        ]


class TestAnOrder:
    def test_is_its_invoice(self) -> None:
        rows = (
            sold(2),
            sold(3, code="20002", quantity=1, unit_price=Decimal("0.125")),
            sold(4, code="M", quantity=1, unit_price=Decimal("3.00")),
            sold(5, code="POST", quantity=1, unit_price=Decimal("4.95")),
            sold(6, code="POST", quantity=2, unit_price=Decimal("1.00")),
            sold(7, code="D", quantity=-1, unit_price=Decimal("1.50")),
            sold(8, code="D", quantity=1, unit_price=Decimal("0.50")),
        )

        plan = planned(*rows)

        assert plan.orders == (
            PlannedOrder(
                id=rules.order_id_of("700001"),
                sources=tuple(f"sales.csv:{line}" for line in (2, 3, 4, 8, 5, 6, 7)),
                invoice="700001",
                customer="14001",
                country="United Kingdom",
                sold_at=NOON,
                lines=(
                    PlannedLine(row=rows[0], amount_minor=1530, stocked=True),
                    PlannedLine(row=rows[1], amount_minor=13, stocked=True),
                    PlannedLine(row=rows[2], amount_minor=300, stocked=False),
                    PlannedLine(row=rows[6], amount_minor=50, stocked=False),
                ),
                shipping_minor=695,
                discount_minor=150,
                tax_rate=Decimal("0.175"),
            ),
        )
        assert (plan.returns, plan.credits) == ((), ())
        assert plan.opening_stock == {"20001": 6, "20002": 1}

    def test_keeps_what_is_cheap_or_for_nothing(self) -> None:
        rows = (
            sold(2),
            sold(3, code="D", quantity=1, unit_price=Decimal(0)),
            sold(4, code="POST", quantity=1, unit_price=Decimal("0.50")),
            sold(5, code="POST", quantity=1, unit_price=Decimal(0)),
        )

        plan = planned(*rows)

        assert plan.credits == ()
        assert [one.sources for one in plan.orders] == [tuple(one.source for one in rows)]
        assert [len(one.lines) for one in plan.orders] == [2]

    def test_of_shipping_alone_has_that_as_its_lines(self) -> None:
        row = sold(2, code="POST", quantity=1)

        (order,) = planned(row).orders

        assert order.lines == (PlannedLine(row=row, amount_minor=255, stocked=False),)
        assert (order.shipping_minor, order.total_minor) == (0, 255)

    def test_is_cut_where_it_has_too_many_lines(self) -> None:
        rows = [sold(line) for line in range(501)]
        shipping = sold(600, code="POST", quantity=1)

        first, second = planned(*rows, shipping).orders

        assert [len(one.lines) for one in (first, second)] == [500, 1]
        assert second.lines[0].row == rows[500]
        assert [one.shipping_minor for one in (first, second)] == [255, 0]
        assert [one.id for one in (first, second)] == [
            rules.part_id_of("700001", part=part) for part in (0, 1)
        ]

    @pytest.mark.parametrize(
        ("lines", "parts"), [(100, [100]), (101, [100, 1]), (201, [100] * 2 + [1])]
    )
    def test_is_cut_where_one_message_could_not_carry_it(
        self, lines: int, parts: list[int]
    ) -> None:
        """Each line takes 1,200 bytes of 120,000: 200, seven of the SKU and 993 of what JSON escapes."""
        rows = [sold(line, description="漢" * 165 + "x") for line in range(lines)]

        assert [len(one.lines) for one in planned(*rows).orders] == parts

    def test_counts_no_more_of_a_description_than_it_keeps(self) -> None:
        rows = [sold(line, description="x" * 5_000) for line in range(293)]

        assert [len(one.lines) for one in planned(*rows).orders] == [293]

    @pytest.mark.parametrize(
        ("discount", "paid", "tax", "on_shipping"),
        [("1.50", [1405, 275], 250, []), ("20.00", [0, 0], 0, [-170])],
    )
    def test_makes_an_adjustment_of_the_discount(
        self, discount: str, paid: list[int], tax: int, on_shipping: list[int]
    ) -> None:
        """Of goods at £18.30 and delivery at £4.95; what is more than the goods is off the delivery."""
        plan = planned(
            sold(2),
            sold(3, code="20002", quantity=1, unit_price=Decimal("3.00")),
            sold(4, code="POST", quantity=1, unit_price=Decimal("4.95")),
            sold(5, code="D", quantity=-1, unit_price=Decimal(discount)),
        )

        draft = draft_of(plan.orders[0])

        check_draft(draft)
        assert [line.paid_minor for line in draft.lines] == paid
        assert sum(line.tax_minor for line in draft.lines) == tax
        assert [one.amount_minor for one in draft.shipping_adjustments] == on_shipping
        assert {(one.code, one.scope, one.source) for one in draft.adjustments} == {
            ("import.discount", "order", "import")
        }
        assert draft.totals.adjustments_minor == -rules.pence(Decimal(discount))
        assert draft.totals.total_minor == plan.orders[0].total_minor

    def test_bears_a_discount_in_the_first_part_that_costs_as_much(self) -> None:
        rows = [sold(line, quantity=1, unit_price=Decimal("0.01")) for line in range(500)]
        dear = sold(500, quantity=1, unit_price=Decimal("5.01"))
        discounts = [
            sold(600 + number, code="D", quantity=-1, unit_price=Decimal(price))
            for number, price in enumerate(("5.01", "5.00", "0.01"))
        ]

        plan = planned(*rows, dear, *discounts)

        assert [one.discount_minor for one in plan.orders] == [500, 501]
        assert plan.orders[0].sources[-1] == "sales.csv:601"
        assert plan.credits == (PlannedCredit(row=discounts[2], quantity=1, amount_minor=1),)


class TestAReturn:
    def test_goes_back_to_the_sale(self) -> None:
        row = returned()

        plan = planned(sold(2, code="20002"), sold(3), row)

        assert plan.returns == (
            PlannedReturn(
                row=row,
                order_id=rules.order_id_of("700001"),
                position=1,
                quantity=2,
                amount_minor=510,
            ),
        )
        assert plan.credits == ()

    def test_goes_back_to_the_latest_that_was_before_it(self) -> None:
        sales = [
            sold(line, invoice=f"70000{line}", sold_at=NOON + timedelta(minutes=minutes))
            for line, minutes in ((1, 61), (2, 60), (3, 0))
        ]

        plan = planned(*sales, returned())

        assert [one.order_id for one in plan.returns] == [rules.order_id_of("700002")]

    def test_goes_back_while_units_and_money_are_left(self) -> None:
        rows = [
            returned(10 + number, quantity=quantity, sold_at=LATER + timedelta(minutes=number))
            for number, quantity in enumerate((-4, -3, -2, -1))
        ]

        plan = planned(sold(2), *reversed(rows))

        assert [one.row for one in plan.returns] == [rows[0], rows[2]]
        assert plan.credits == (
            PlannedCredit(row=rows[1], quantity=3, amount_minor=765),
            PlannedCredit(row=rows[3], quantity=1, amount_minor=255),
        )

    def test_goes_back_to_no_sale_of_fewer_units(self) -> None:
        some, more = (
            returned(line, quantity=quantity, unit_price=Decimal("0.01"))
            for line, quantity in ((9, -4), (10, -3))
        )

        plan = planned(sold(2), some, more)

        assert [one.row for one in plan.returns] == [some]
        assert [one.row for one in plan.credits] == [more]

    def test_goes_back_to_no_sale_that_cost_less(self) -> None:
        just, more = (
            returned(line, quantity=-1, unit_price=Decimal(price))
            for line, price in ((9, "15.30"), (10, "0.01"))
        )

        plan = planned(sold(2), just, more)

        assert [one.row for one in plan.returns] == [just]
        assert [one.row for one in plan.credits] == [more]

    @pytest.mark.parametrize(
        ("sale", "back"),
        [
            ({}, {"customer": "14002"}),
            ({}, {"code": "20002"}),
            ({"customer": ""}, {"customer": ""}),
            ({}, {"sold_at": NOON - timedelta(minutes=1)}),
            ({"code": "M"}, {"code": "M"}),
            ({"invoice": "A1"}, {}),
        ],
    )
    def test_without_a_sale_of_its_own_is_a_credit(
        self, sale: dict[str, Any], back: dict[str, Any]
    ) -> None:
        row = returned(**back)

        plan = planned(sold(**sale), row)

        assert plan.returns == ()
        assert plan.credits == (PlannedCredit(row=row, quantity=2, amount_minor=510),)

    @pytest.mark.parametrize(
        "changes",
        [
            {"code": "POST", "invoice": "C7", "quantity": -1},
            {"code": "POST", "quantity": -1},
            {"code": "M", "quantity": -1},
            {"code": "M", "invoice": "A7", "quantity": 1, "unit_price": Decimal("-2.55")},
            {"code": "D", "invoice": "C7", "quantity": -1},
            {"code": "D", "invoice": "C7", "quantity": -1, "unit_price": Decimal(0)},
            {"invoice": "A7", "quantity": -1, "sold_at": LATER},
        ],
    )
    def test_of_what_is_no_goods_is_a_credit(self, changes: dict[str, Any]) -> None:
        row = sold(9, **changes)

        plan = planned(sold(2, invoice="700009"), row)

        amount = -rules.pence(row.exact_amount)
        assert plan.credits == (PlannedCredit(row=row, quantity=1, amount_minor=amount),)
        assert [one.invoice for one in plan.orders] == ["700009"]


class TestStock:
    def test_is_enough_for_what_is_sold_and_written_off(self) -> None:
        rows = (
            sold(2),
            sold(3, code="M", quantity=1),
            sold(4, invoice="700002", quantity=-3, unit_price=Decimal(0)),
            sold(5, invoice="700003", quantity=7, unit_price=Decimal(0)),
            sold(6, invoice="700003", code="20002", quantity=7, unit_price=Decimal(0)),
        )

        plan = planned(*rows)

        assert plan.adjustments == rows[2:]
        assert plan.opening_stock == {"20001": 9, "20002": 0}
