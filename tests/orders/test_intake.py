"""From a message to an order: once, whatever the message's fate and however often it comes."""

import copy
import time
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import new_id
from apps.events.models import OutboxMessage
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import release_expired
from apps.orders.errors import MalformedRequest
from apps.orders.models import Order, PlacementConflict
from apps.orders.services import cart_conflicts, intake, process_order
from apps.orders.types import OrderDraft
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.types import GatewayAnswer, GatewayRequest
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_rejected_order, make_request, pay_by_token
from tests.factories.shop import stock_variant
from tests.races import race

pytestmark = pytest.mark.django_db


def announced() -> list[str]:
    return list(OutboxMessage.objects.order_by("id").values_list("type", flat=True))


class TestProcessOrder:
    def test_pays_in_at_most_fifteen_statements(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        skus = {stock_variant().sku: 2, stock_variant().sku: 1}
        request = make_request(lines=skus)

        # Three savepoint pairs stand for the BEGIN and COMMIT that a test transaction hides.
        with django_assert_max_num_queries(15 + 2 * 4) as captured:
            order_id = process_order(request=request)

        statements = [
            query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]
        ]
        assert len(statements) <= 15
        assert Order.objects.get(pk=order_id).status == "paid"

    def test_reserves_the_stock_and_keeps_the_reservation(self) -> None:
        variant = stock_variant(on_hand=10)

        order_id = process_order(request=make_request(lines={variant.sku: 3}))

        level = StockLevel.objects.get(variant=variant.sku)
        assert (level.on_hand, level.reserved) == (10, 3)
        assert Reservation.objects.get(reference=order_id).expires_at is None

    def test_a_repeat_changes_nothing(self) -> None:
        variant = stock_variant(on_hand=10)
        request = make_request(lines={variant.sku: 3})

        for _ in range(3):
            process_order(request=copy.deepcopy(request))

        assert Order.objects.count() == 1
        assert StockLevel.objects.get(variant=variant.sku).reserved == 3
        assert Transaction.objects.filter(kind="capture").count() == 1
        assert announced() == [
            "orders.order.placed.v1",
            "payments.payment.captured.v1",
            "orders.order.paid.v1",
        ]

    def test_another_body_for_the_same_quote_is_a_recorded_conflict(self) -> None:
        variant = stock_variant()
        request = make_request(lines={variant.sku: 1})
        other = copy.deepcopy(request)
        pay_by_token(other, "tok_decline")

        process_order(request=request)
        process_order(request=other)

        assert Order.objects.get().status == "paid"
        assert PlacementConflict.objects.get().fingerprint == other["fingerprint"]

    def test_rejects_what_is_sold_out_and_reserves_nothing(self) -> None:
        scarce, plenty = stock_variant(on_hand=1), stock_variant(on_hand=10)

        process_order(request=make_request(lines={scarce.sku: 2, plenty.sku: 1}))

        order = Order.objects.get()
        assert (order.status, order.reason) == ("rejected", "sold_out")
        assert order.reason_details == {"skus": [scarce.sku]}
        assert StockLevel.objects.get(variant=plenty.sku).reserved == 0
        assert not Payment.objects.exists()
        assert announced() == ["orders.order.rejected.v1"]

    def test_a_repeat_of_what_was_rejected_changes_nothing(self) -> None:
        request = make_request(lines={stock_variant(on_hand=1).sku: 2})

        for _ in range(2):
            process_order(request=copy.deepcopy(request))

        assert Order.objects.get().status == "rejected"
        assert announced() == ["orders.order.rejected.v1"]

    def test_buys_a_cart_once_for_two_quotes_of_it(self) -> None:
        variant, cart = stock_variant(), new_id()
        for _ in range(2):
            process_order(
                request=make_request(lines={variant.sku: 1}, cart_id=cart, cart_version=3)
            )

        statuses = list(Order.objects.order_by("id").values_list("status", "reason"))
        assert statuses == [("paid", ""), ("rejected", "cart_already_ordered")]

    @pytest.mark.parametrize("first", [0, 1])
    def test_buys_one_of_two_states_of_a_cart_that_two_tabs_show(self, first: int) -> None:
        variant, cart = stock_variant(), new_id()
        quotes = [
            make_request(lines={variant.sku: count}, cart_id=cart, cart_version=count)
            for count in (1, 2)
        ]
        time.sleep(0.002)

        for request in (quotes[first], quotes[1 - first]):
            request["accepted_at"] = timezone.now()
            process_order(request=request)

        assert Order.objects.get(pk=quotes[first]["draft"]["id"]).status == "paid"
        other = Order.objects.get(pk=quotes[1 - first]["draft"]["id"])
        assert (other.status, other.reason) == ("rejected", "cart_already_ordered")

    def test_buys_two_carts_that_were_quoted_before_either_was_ordered(self) -> None:
        variant = stock_variant()
        quotes = [
            make_request(lines={variant.sku: 1}, cart_id=new_id(), cart_version=1) for _ in range(2)
        ]
        time.sleep(0.002)

        for request in quotes:
            request["accepted_at"] = timezone.now()
            process_order(request=request)

        assert [order.status for order in Order.objects.all()] == ["paid", "paid"]

    def test_buys_again_what_was_quoted_after_the_first_order(self) -> None:
        variant, cart = stock_variant(), new_id()
        for version in (1, 2):
            request = make_request(lines={variant.sku: 1}, cart_id=cart, cart_version=version)
            request["accepted_at"] = timezone.now()
            process_order(request=request)
            time.sleep(0.002)

        assert set(Order.objects.values_list("status", flat=True)) == {"paid"}

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("guarded", [True, False])
    def test_buys_one_state_when_both_are_worked_at_once(
        self, guarded: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And, as the control, both where the second does not wait for the first."""
        if not guarded:
            monkeypatch.setattr(cart_conflicts, "_LOCK", "SELECT %s")
        variant, cart = stock_variant(), new_id()
        quotes = [
            make_request(lines={variant.sku: count}, cart_id=cart, cart_version=count)
            for count in (1, 2)
        ]
        time.sleep(0.002)
        both_wrote, check = Barrier(2), intake.check_cart

        def check_together(draft: OrderDraft) -> None:
            both_wrote.wait(timeout=10)
            check(draft)
            if not guarded:
                both_wrote.wait(timeout=10)

        monkeypatch.setattr(intake, "check_cart", check_together)
        for request in quotes:
            request["accepted_at"] = timezone.now()
        race(lambda number: process_order(request=quotes[number]), runners=2)

        statuses = sorted(Order.objects.values_list("status", flat=True))
        assert statuses == (["paid", "rejected"] if guarded else ["paid", "paid"])

    def test_a_rejection_frees_the_cart(self) -> None:
        variant, cart = stock_variant(), new_id()
        fields = {"cart_id": cart, "cart_version": 3}
        make_rejected_order(lines={variant.sku: 1}, **fields)
        process_order(request=make_request(lines={variant.sku: 1}, **fields))

        statuses = list(Order.objects.order_by("id").values_list("status", "reason"))
        assert statuses == [("rejected", "payment_declined"), ("paid", "")]

    def test_a_declined_payment_keeps_the_stock_for_another_way_to_pay(self) -> None:
        variant = stock_variant(on_hand=5)

        process_order(request=make_request(lines={variant.sku: 5}, token="tok_decline"))

        order = Order.objects.get()
        assert (order.status, order.reason) == ("awaiting_payment", "payment_declined")
        assert StockLevel.objects.get(variant=variant.sku).reserved == 5
        assert announced() == [
            "orders.order.placed.v1",
            "payments.payment.failed.v1",
            "orders.order.awaiting_payment.v1",
        ]

    def test_a_declined_payment_that_nobody_mends_in_time_releases_the_stock(self) -> None:
        variant = stock_variant(on_hand=5)

        make_rejected_order(lines={variant.sku: 5})

        order = Order.objects.get()
        assert (order.status, order.reason) == ("rejected", "payment_declined")
        assert StockLevel.objects.get(variant=variant.sku).reserved == 0
        assert announced() == [
            "orders.order.placed.v1",
            "payments.payment.failed.v1",
            "orders.order.awaiting_payment.v1",
            "orders.order.rejected.v1",
        ]

    def test_an_answer_that_comes_too_late_is_found_again(self) -> None:
        variant = stock_variant()

        process_order(request=make_request(lines={variant.sku: 1}, token="tok_timeout"))

        assert Order.objects.get().status == "paid"
        assert Transaction.objects.filter(kind="authorise", outcome="succeeded").count() == 1

    def test_a_bank_that_needs_the_shopper_leaves_the_order_waiting(self) -> None:
        variant = stock_variant()

        process_order(request=make_request(lines={variant.sku: 1}, token="tok_3ds"))

        order = Order.objects.get()
        assert order.status == "awaiting_payment"
        assert order.action_url.startswith("/demo-bank/")
        assert order.pay_by is not None

    def test_a_gateway_outage_leaves_the_order_placed_and_the_next_delivery_pays_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        variant = stock_variant()
        request = make_request(lines={variant.sku: 1})

        def time_out(*_: object) -> None:
            raise GatewayTimeout

        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "authorise", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                process_order(request=request)
        assert Order.objects.get().status == "placed"

        process_order(request=request)
        assert Order.objects.get().status == "paid"


class TestAnOrderOfLongAgo:
    """It is imported as it was accepted then, and the sweep for lost orders may run at any moment."""

    def take_in(self, monkeypatch: pytest.MonkeyPatch, **fields: str) -> Order:
        authorise = FakeProvider.authorise

        def sweep_first(bank: FakeProvider, request: GatewayRequest) -> GatewayAnswer:
            release_expired()
            return authorise(bank, request)

        monkeypatch.setattr(FakeProvider, "authorise", sweep_first)
        request = make_request(lines={stock_variant().sku: 1}, **fields)
        request["accepted_at"] = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
        return Order.objects.get(pk=process_order(request=request))

    def test_keeps_its_goods(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.take_in(monkeypatch, channel="import").status == "paid"

    def test_would_lose_them_if_they_were_kept_for_a_payment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: an order that the sweep may take for a lost one."""
        order = self.take_in(monkeypatch, channel="web")

        assert (order.status, order.reason) == ("cancelled", "sold_out")
        # It never was paid: who pays back, and whether there is an invoice, hangs on this.
        assert order.paid_at is None


class TestMalformedRequests:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda request: request.pop("draft"),
            lambda request: request.update(version=3),
            lambda request: request.update(payments=[]),
            lambda request: request["payments"][0].update(amount_minor=1_000_000),
            lambda request: request["payments"][0].update(amount_minor=-1),
            lambda request: request.update(version="2"),
            lambda request: request["draft"]["totals"].update(total_minor=1),
            lambda request: request["draft"]["lines"][0].update(quantity="many"),
            lambda request: request["draft"]["lines"][0].update(quantity=-1),
        ],
    )
    def test_are_refused_and_write_nothing(self, damage) -> None:
        request = make_request(lines={stock_variant().sku: 1})
        damage(request)

        with pytest.raises(MalformedRequest):
            process_order(request=request)

        assert not Order.objects.exists()
        assert announced() == []

    @pytest.mark.parametrize("request_", [None, "text", [], 7])
    def test_are_refused_whatever_they_are(self, request_: object) -> None:
        with pytest.raises(MalformedRequest):
            process_order(request=request_)


class TestWhatCanNeverBeWritten:
    """Known at once: a rejection where there is enough to reject, else a dead letter."""

    @pytest.mark.django_db(transaction=True)
    def test_an_order_of_a_deleted_customer_is_rejected_and_its_owner_told(self) -> None:
        customer = UserFactory.create()
        request = make_request(lines={stock_variant(on_hand=5).sku: 2}, customer_id=customer.pk)
        customer.delete()

        order_id = process_order(request=request)

        order = Order.objects.get(pk=order_id)
        assert (order.status, order.reason, order.customer_id) == (
            "rejected",
            "customer_gone",
            None,
        )
        assert order.email == "ada@example.com"
        assert StockLevel.objects.get().reserved == 0
        assert announced() == ["orders.order.rejected.v1"]

    def test_a_row_that_breaks_a_rule_of_the_table_is_rejected(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = make_request(lines={stock_variant(on_hand=5).sku: 1})
        monkeypatch.setattr(intake, "open_payments", _break("payments_payment"))

        order_id = process_order(request=request)

        order = Order.objects.get(pk=order_id)
        assert (order.status, order.reason) == ("rejected", "not_writable")
        assert StockLevel.objects.get().reserved == 0

    def test_what_cannot_even_be_rejected_is_malformed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = make_request(lines={stock_variant().sku: 1})
        monkeypatch.setattr(
            intake, "_insert_order", lambda *_, **__: _fail_with("SELECT repeat('x', 9)::int")
        )

        with pytest.raises(MalformedRequest, match="can never take it"):
            process_order(request=request)

    def test_what_stock_refuses_comes_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(intake, "reserve_stock", _break("inventory_stocklevel"))

        with pytest.raises(IntegrityError):
            process_order(request=make_request(lines={stock_variant().sku: 1}))

        assert not Order.objects.exists()


def _break(table: str) -> Any:
    """Something that PostgreSQL refuses in this table, whatever it is asked for."""
    broken = {
        "payments_payment": "INSERT INTO payments_payment (id) VALUES (gen_random_uuid())",
        "inventory_stocklevel": "UPDATE inventory_stocklevel SET reserved = -1",
    }
    return lambda **_: _fail_with(broken[table])


def _fail_with(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
