"""An order keeps what changed its price, part by part, and gives back what was paid for each unit."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.audit.selectors import list_violations
from apps.events.models import OutboxMessage
from apps.orders.models import Order, OrderAdjustment, OrderLine
from apps.orders.selectors import adjustments_of, find_order
from apps.orders.services import process_order
from apps.pricing.types import AdjustmentScope
from apps.refunds.rules import share_of
from apps.refunds.selectors import line_totals, list_line_accounts, price_lines, shipping_left
from apps.refunds.services import approve_return, grant_refund
from apps.refunds.types import ApprovedLine, ReturnedLine
from tests.factories.orders import adjustment, make_order, make_request
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db
OWN = adjustment(-20, code="bulk", label="From two", scope=AdjustmentScope.LINE, reason="two")
POST = adjustment(-100, code="post", label="Cheap delivery", scope=AdjustmentScope.SHIPPING)


def make_adjusted(**fields: Any) -> UUID:
    """Two lines of £8.40 and £4.20, 20p off each; £1.00 off the delivery, and £2.00 off the order."""
    return make_order(
        lines={stock_variant().sku: 2, stock_variant().sku: 1},
        list_price="5",
        on_lines=[OWN],
        on_shipping=[POST],
        adjustments=[adjustment(-200)],
        **fields,
    )


class TestProcessOrder:
    def test_keeps_each_part_under_what_bears_it(self) -> None:
        order = find_order(make_adjusted())

        assert order
        first, second = order.lines.order_by("position")
        assert (first.list_price, first.unit_price) == (Decimal(5), Decimal("4.2"))
        assert [(one.amount_minor, one.paid_minor) for one in (first, second)] == [
            (840, 686),
            (420, 334),
        ]
        rows = OrderAdjustment.objects.order_by("position")
        assert [(one.line_id, one.code, one.scope, one.amount_minor) for one in rows] == [
            (first.pk, "bulk", "line", -20),
            (first.pk, "summer", "order", -134),
            (second.pk, "bulk", "line", -20),
            (second.pk, "summer", "order", -66),
            (None, "post", "shipping", -100),
        ]
        assert {(one.currency, one.source) for one in rows} == {("GBP", "promotion:12")}
        assert rows[0].stands_for == OWN
        assert str(rows[0]) == "From two: -0.20 GBP"
        assert (order.adjustments_minor, order.total_minor) == (-340, 1315)
        assert (order.tax_minor, order.status) == (114 + 56 + 49, "paid")
        assert list_violations() == []

    def test_adds_the_parts_up_for_people(self) -> None:
        order = find_order(make_adjusted())

        assert order
        shown = adjustments_of(order)
        assert [(one.label, one.amount_minor) for one in shown] == [
            ("From two", -40),
            ("Summer sale", -200),
            ("Cheap delivery", -100),
        ]

    def test_shows_those_of_many_orders_in_one_question(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_adjusted(), make_adjusted()

        with django_assert_num_queries(3):
            for order in Order.objects.prefetch_related("lines", "adjustments"):
                assert len(adjustments_of(order)) == 3
                assert [len(line.adjustments) for line in order.lines.all()] == [2, 2]

    def test_asks_nothing_about_an_order_without_any(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        order = find_order(make_order(lines={stock_variant().sku: 1}))

        assert order
        with django_assert_num_queries(0):
            assert adjustments_of(order) == ()

    def test_costs_a_statement_where_there_are_any_and_none_where_not(self) -> None:
        counts = []
        for taken in ([], [OWN]):
            request = make_request(lines={stock_variant().sku: 1}, on_lines=taken)
            with CaptureQueriesContext(connection) as captured:
                process_order(request=request)
            counts.append(len([one for one in captured if "SAVEPOINT" not in one["sql"]]))

        assert counts[1] == counts[0] + 1

    def test_announces_what_is_paid_for_each_line(self) -> None:
        make_adjusted()

        lines = OutboxMessage.objects.get(type="orders.order.paid.v1").payload["lines"]
        assert [(one["amount"]["minor"], one["paid"]["minor"]) for one in lines] == [
            (840, 686),
            (420, 334),
        ]

    def test_keeps_those_of_an_order_that_could_not_be(self) -> None:
        sku = stock_variant(on_hand=1).sku

        order = find_order(make_order(lines={sku: 2}, on_lines=[OWN]))

        assert order
        assert (order.status, order.adjustments.count()) == ("rejected", 1)


class TestTheTables:
    @pytest.mark.parametrize(
        ("table", "change", "constraint"),
        [
            ("orders_orderline", "paid_minor = -1", "orders_line_amounts_not_negative"),
            ("orders_orderline", "list_price = -1", "orders_line_amounts_not_negative"),
            ("orders_order", "adjustments_minor = 1", "orders_order_adds_up"),
            ("orders_orderadjustment", "scope = 'x'", "orders_orderadjustment_scope_known"),
            ("orders_orderadjustment", "position = 0", "orders_adjustment_position_once"),
        ],
    )
    def test_take_no_figures_that_cannot_be(self, table: str, change: str, constraint: str) -> None:
        make_adjusted()

        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            connection.cursor().execute(f"UPDATE {table} SET {change}")


class TestRefunds:
    @pytest.mark.parametrize("tax_included", [True, False])
    def test_give_back_what_was_paid_for_each_unit(self, tax_included: bool) -> None:
        order = find_order(make_adjusted(tax_included=tax_included))
        assert order
        lines = list(order.lines.order_by("position"))
        on_top = [0, 0] if tax_included else [line.tax_minor for line in lines]
        costs = [686 + on_top[0], 334 + on_top[1]]

        assert line_totals(order, lines) == costs
        assert shipping_left(order).minor == order.total_minor - sum(costs)
        halves = [
            grant_refund(
                order_id=order.pk,
                reference=f"R{number}",
                actor_id=7,
                reason="x",
                lines=[ApprovedLine(order_line_id=lines[0].pk, quantity=1)],
            )
            for number in range(2)
        ]

        assert sum(one.amount_minor for one in halves) == costs[0]
        assert {(one.adjustments_minor, one.adjustments.count()) for one in halves} == {(0, 0)}
        assert list_violations() == []

    @given(data=st.data())
    def test_of_all_units_in_any_order_add_up_to_what_was_paid(self, data: st.DataObject) -> None:
        line = OrderLine(
            pk=1,
            quantity=data.draw(st.integers(1, 40)),
            paid_minor=data.draw(st.integers(0, 10**7)),
            tax_minor=data.draw(st.integers(0, 10**6)),
        )
        order = Order(tax_included=data.draw(st.booleans()))
        (cost,) = line_totals(order, [line])
        left, given_back = line.quantity, 0
        while left:
            units = data.draw(st.integers(1, left))
            given_back += share_of(
                total_minor=cost,
                quantity=line.quantity,
                before=line.quantity - left,
                units=units,
            )
            left -= units

        assert given_back == line.paid_minor + (0 if order.tax_included else line.tax_minor)

    @pytest.mark.parametrize(("channel", "source"), [("web", "shop"), ("import", "import")])
    def test_say_what_was_agreed_otherwise(self, channel: str, source: str) -> None:
        order = find_order(make_adjusted(language="de", channel=channel))
        assert order
        line = order.lines.get(position=1)
        returned = ReturnedLine(order_line_id=line.pk, quantity=1, amount_minor=300)

        refund = approve_return(order_id=order.pk, reference="R1", lines=[returned], reason="worn")

        assert (refund.lines_minor, refund.adjustments_minor, refund.amount_minor) == (
            334,
            -34,
            300,
        )
        back, why = refund.lines.get(), refund.adjustments.get()
        assert (back.paid_minor, back.amount_minor) == (334, 300)
        assert (why.line, why.code, why.amount_minor) == (back, "agreed", -34)
        assert (why.label, why.source, why.scope) == ("Anders vereinbart", source, "line")
        assert list_violations() == []

    def test_price_units_at_what_was_paid(self) -> None:
        order = find_order(make_adjusted())
        assert order
        line = order.lines.get(position=0)

        (priced,) = price_lines(
            list_line_accounts(order), wanted=[ApprovedLine(order_line_id=line.pk, quantity=2)]
        )

        assert (priced.paid_minor, priced.amount_minor, priced.tax_minor) == (686, 686, 114)
