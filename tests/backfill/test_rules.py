from pathlib import Path

import pytest

from apps.backfill import rules
from apps.backfill.services import read_sales
from apps.backfill.types import Plan, RowClass

SALES = Path(__file__).with_name("sales.csv")


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
