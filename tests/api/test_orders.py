"""Checkout over the API: quote, place, watch; each refusal with its reason."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import OperationalError
from django.utils import timezone
from kombu import pools
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from apps.checkout.selectors import status_key_of
from apps.orders import gateways
from apps.orders.models import Order
from apps.payments.models import Payment
from dev.ports import find_free
from tests.api.test_tokens import client_of
from tests.checkout.shoppers import SECRET, adjust_quotes, fill_cart, owner_for, quote_cart
from tests.factories.accounts import UserFactory
from tests.factories.orders import adjustment, make_order
from tests.factories.shop import open_market, stock_variant
from tests.problems import assert_problem, guest
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db
WAY = {"provider": "fake", "token": "tok_success"}
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}


def quote_body(cart: object, **changes: object) -> dict[str, object]:
    return {
        "cart": str(cart),
        "email": "ada@example.com",
        "shipping_method": "standard",
        "address": ADDRESS,
        **changes,
    }


def place_body(**changes: object) -> dict[str, object]:
    return {
        "quote": changes.pop("quote", None) or quote_cart().document,
        "payment_provider": "fake",
        "payment_token": "tok_success",
        **changes,
    }


class TestShippingOptions:
    def test_say_what_each_method_costs(self) -> None:
        cart = fill_cart()

        response = guest(SECRET).get(f"/api/v1/shipping-options/?cart={cart}&country=gb")

        assert response.status_code == 200
        assert response.json() == [
            {
                "code": "standard",
                "name": "Standard",
                "promise": "2–4 working days",
                "price": {"amount": "3.95", "currency": "GBP"},
            }
        ]

    def test_of_a_country_that_nothing_goes_to_are_none(self) -> None:
        cart = fill_cart()

        assert guest(SECRET).get(f"/api/v1/shipping-options/?cart={cart}&country=NZ").json() == []

    def test_of_somebody_elses_cart_are_not_there(self) -> None:
        cart = fill_cart()

        response = guest("wrong").get(f"/api/v1/shipping-options/?cart={cart}&country=GB")

        assert_problem(response, status=404, code="cart_not_found")

    @pytest.mark.parametrize("query", ["", "?cart=x&country=GB", "?country=GB"])
    def test_need_a_cart_and_a_country(self, query: str) -> None:
        response = guest(SECRET).get(f"/api/v1/shipping-options/{query}")

        assert "cart" in assert_problem(response, status=400, code="invalid_input")["errors"]


class TestQuotes:
    def test_promise_the_whole_sum(self) -> None:
        response = guest(SECRET).post("/api/v1/quotes/", quote_body(fill_cart()))

        assert response.status_code == 201
        quote = response.json()
        assert {name: quote[name]["amount"] for name in (
            "lines_total", "shipping", "tax", "adjustments_total", "total",
        )} == {
            "lines_total": "7.00",
            "shipping": "3.29",
            "tax": "2.06",
            "adjustments_total": "0.00",
            "total": "12.35",
        }  # fmt: skip
        (line,) = quote["lines"]
        assert (line["list_price"], line["unit_price"]) == ("4.2", "4.2")
        assert (line["amount"]["amount"], line["paid"]["amount"]) == ("8.40", "8.40")
        assert quote["adjustments"] == line["adjustments"] == []
        assert quote["tax_included"] is True

    def test_say_what_changes_their_price(self, monkeypatch: pytest.MonkeyPatch) -> None:
        adjust_quotes(monkeypatch, adjustments=[adjustment(-100)])

        quote = guest(SECRET).post("/api/v1/quotes/", quote_body(fill_cart())).json()

        (line,) = quote["lines"]
        sale = {
            "code": "summer",
            "label": "Summer sale",
            "scope": "order",
            "amount": {"amount": "-1.00", "currency": "GBP"},
        }
        assert quote["adjustments"] == line["adjustments"] == [sale]
        assert (line["amount"]["amount"], line["paid"]["amount"]) == ("8.40", "7.40")
        assert (quote["adjustments_total"]["amount"], quote["total"]["amount"]) == (
            "-1.00",
            "11.35",
        )

    def test_of_somebody_elses_cart_are_not_made(self) -> None:
        body = quote_body(fill_cart())

        for stranger in (APIClient(), guest("wrong"), client_of(UserFactory.create())):
            response = stranger.post("/api/v1/quotes/", body)
            assert_problem(response, status=404, code="cart_not_found")

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"market": "zz"}, 400, "unknown_market"),
            ({"shipping_method": "pigeon"}, 400, "shipping_method_not_available"),
            ({"address": {**ADDRESS, "postcode": "1"}}, 400, "invalid_address"),
            (
                {"address": {**ADDRESS, "country": "DE", "postcode": "10115"}},
                400,
                "country_not_served",
            ),
            ({"address": {"name": "Ada"}}, 400, "invalid_input"),
            ({"email": "nobody"}, 400, "invalid_input"),
            ({"language": "xx"}, 400, "invalid_input"),
        ],
    )
    def test_are_refused_with_a_reason(
        self, changes: dict[str, object], status: int, code: str
    ) -> None:
        response = guest(SECRET).post("/api/v1/quotes/", quote_body(fill_cart(), **changes))

        assert_problem(response, status=status, code=code)

    def test_name_the_fields_of_an_address_that_are_wrong(self) -> None:
        address = {**ADDRESS, "postcode": "1", "city": ""}

        response = guest(SECRET).post("/api/v1/quotes/", quote_body(fill_cart(), address=address))

        problem = assert_problem(response, status=400, code="invalid_address")
        assert set(problem["errors"]) == {"postcode", "city"}

    def test_of_more_than_there_is_name_the_items(self) -> None:
        scarce = stock_variant(on_hand=1)
        cart = fill_cart({scarce.sku: 2})

        response = guest(SECRET).post("/api/v1/quotes/", quote_body(cart))

        problem = assert_problem(response, status=409, code="items_unavailable")
        assert problem["skus"] == [scarce.sku]

    def test_of_an_empty_cart_are_refused(self) -> None:
        open_market()
        client = APIClient()
        cart = client.post("/api/v1/carts/").json()
        client.credentials(HTTP_GUEST_SECRET=cart["secret"])

        response = client.post("/api/v1/quotes/", quote_body(cart["id"]))

        assert_problem(response, status=409, code="cart_empty")


class TestOrders:
    def test_are_accepted_without_a_query(
        self, queues: Queues, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        body = place_body()

        with django_assert_num_queries(0):
            response = guest(SECRET).post("/api/v1/orders/", body)

        assert response.status_code == 202
        receipt = response.json()
        assert receipt["status"] == "accepted"
        assert response["Location"] == receipt["status_url"]
        assert queues.run("orders") == 1
        assert str(Order.objects.get().pk) == receipt["id"]

    def test_of_a_customer_are_accepted_without_a_query(
        self, queues: Queues, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer = UserFactory.create()
        client = client_of(customer)
        body = place_body(quote=quote_cart(owner=owner_for(customer)).document)

        with django_assert_num_queries(0):
            response = client.post("/api/v1/orders/", body)

        assert response.status_code == 202
        queues.run("orders")
        (shown,) = client.get("/api/v1/me/orders/").json()["results"]
        assert (shown["number"], shown["status"]) == (response.json()["number"], "paid")
        assert shown["adjustments"] == []

    def test_are_shown_with_what_changed_their_price(self) -> None:
        customer = UserFactory.create()
        sale = [adjustment(-100)]
        make_order(
            lines={stock_variant().sku: 2},
            list_price="5",
            adjustments=sale,
            customer_id=customer.pk,
        )

        (shown,) = client_of(customer).get("/api/v1/me/orders/").json()["results"]

        (line,) = shown["lines"]
        (taken,) = shown["adjustments"]
        assert line["adjustments"] == [taken]
        assert (taken["code"], taken["scope"]) == ("summer", "order")
        assert (taken["label"], taken["amount"]["amount"]) == ("Summer sale", "-1.00")
        assert (line["list_price"], line["unit_price"]) == ("5", "4.2")
        assert (line["amount"]["amount"], line["paid"]["amount"]) == ("8.40", "7.40")

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"quote": "forged"}, 400, "quote_invalid"),
            ({"payment_token": "tok_unknown"}, 400, "unknown_payment_token"),
            ({"payment_provider": "stripe"}, 400, "unknown_payment_token"),
            ({"payment_token": ""}, 400, "invalid_input"),
            ({"payment_provider": None}, 400, "invalid_input"),
        ],
    )
    def test_are_refused_with_a_reason(
        self, queues: Queues, changes: dict[str, object], status: int, code: str
    ) -> None:
        response = guest(SECRET).post("/api/v1/orders/", place_body(**changes))

        assert_problem(response, status=status, code=code)
        assert queues.take("orders") == []

    def test_by_several_payments_are_paid_by_each(self, queues: Queues) -> None:
        body = {
            "quote": quote_cart().document,
            "payments": [
                {"provider": "fake", "token": "tok_success", "amount": "5.00"},
                {"provider": "fake", "token": "tok_success"},
            ],
        }

        assert guest(SECRET).post("/api/v1/orders/", body).status_code == 202
        queues.run("orders")

        assert Order.objects.get().status == "paid"
        assert [one.amount_minor for one in Payment.objects.order_by("share")] == [500, 735]

    @pytest.mark.parametrize(
        ("payments", "code", "field"),
        [
            ([], "invalid_input", "payments"),
            ([{"provider": "fake"}], "invalid_input", "payments"),
            ([{"provider": "fake", "token": "t", "amount": "0"}], "invalid_input", "payments"),
            ([{**WAY, "amount": "much"}], "invalid_input", "payments"),
            ([{**WAY, "amount": "1.001"}], "invalid_input", "payments"),
            ([WAY] * 5, "invalid_input", "payments"),
            ([WAY, WAY], "invalid_input", "payments"),
            ([{**WAY, "amount": "12.36"}], "invalid_input", "payments"),
            ([{**WAY, "amount": "12.35"}, WAY], "invalid_input", "payments"),
            ([{**WAY, "amount": "0.05"}, {**WAY, "token": "x"}], "unknown_payment_token", ""),
        ],
    )
    def test_by_payments_that_do_not_fit_are_refused(
        self, queues: Queues, payments: list[object], code: str, field: str
    ) -> None:
        body = {"quote": quote_cart().document, "payments": payments}

        response = guest(SECRET).post("/api/v1/orders/", body, format="json")

        assert_problem(response, status=400, code=code)
        assert not field or field in response.json()["errors"]
        assert queues.take("orders") == []

    def test_by_payments_and_a_token_are_refused(self, queues: Queues) -> None:
        response = guest(SECRET).post("/api/v1/orders/", place_body(payments=[WAY]), format="json")

        assert_problem(response, status=400, code="invalid_input")

    def test_with_a_quote_that_has_expired_are_refused(
        self, queues: Queues, settings: Settings
    ) -> None:
        settings.QUOTE_MINUTES = -1

        response = guest(SECRET).post("/api/v1/orders/", place_body())

        assert_problem(response, status=409, code="quote_expired")
        assert queues.take("orders") == []

    def test_repeated_after_the_expiry_are_told_of_their_order(
        self, queues: Queues, time_machine
    ) -> None:
        body = place_body()
        assert guest(SECRET).post("/api/v1/orders/", body).status_code == 202
        time_machine.move_to(timezone.now() + timedelta(hours=2))

        refused = guest(SECRET).post("/api/v1/orders/", body)
        where = refused.json()["status_url"]

        assert_problem(refused, status=409, code="quote_expired")
        assert_problem(APIClient().get(where), status=404, code="not_ordered")
        queues.run("orders")
        assert APIClient().get(where).json()["status"] == "paid"

    def test_repeated_after_the_expiry_ask_no_database(
        self, queues: Queues, time_machine, django_assert_num_queries
    ) -> None:
        body = place_body()
        time_machine.move_to(timezone.now() + timedelta(hours=2))

        with django_assert_num_queries(0):
            refused = guest(SECRET).post("/api/v1/orders/", body)

        assert_problem(refused, status=409, code="quote_expired")

    def test_with_somebody_elses_quote_are_refused(self, queues: Queues) -> None:
        body = place_body()

        for stranger in (APIClient(), guest("wrong"), client_of(UserFactory.create())):
            response = stranger.post("/api/v1/orders/", body)
            assert_problem(response, status=403, code="quote_not_yours")
        assert queues.take("orders") == []

    def test_of_guests_in_a_hurry_are_held_back(self, queues: Queues, settings: Settings) -> None:
        settings.GUEST_ORDERS_PER_MINUTE = 2
        body = place_body()
        client = guest(SECRET)

        statuses = [client.post("/api/v1/orders/", body).status_code for _ in range(2)]
        response = client.post("/api/v1/orders/", body)

        assert statuses == [202, 202]
        assert_problem(response, status=429, code="too_many_orders")
        assert int(response["Retry-After"]) in range(50, 61)
        assert len(queues.take("orders")) == 2


@pytest.fixture
def _dead_queue(monkeypatch: pytest.MonkeyPatch):
    """SQS at an address where nobody listens; the clients are made anew before and after."""

    def forget_clients() -> None:
        pools.reset()
        current_app.amqp._producer_pool = None
        current_app._pool = None

    forget_clients()
    with monkeypatch.context() as outage:
        outage.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{find_free()}")
        yield
    forget_clients()


class TestADeadQueue:
    @pytest.mark.usefixtures("_dead_queue")
    def test_is_a_503_and_never_a_202(self) -> None:
        response = guest(SECRET).post("/api/v1/orders/", place_body())

        assert_problem(response, status=503, code="temporarily_unavailable")
        assert response["Retry-After"] == "5"

    def test_is_noticed_whatever_it_raises(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: object) -> None:
            raise OSError("no route to host")

        monkeypatch.setattr(gateways, "send_to_queue", fail)

        response = guest(SECRET).post("/api/v1/orders/", place_body())

        assert_problem(response, status=503, code="temporarily_unavailable")


class TestOrderStatus:
    def placed(self) -> dict:
        response = guest(SECRET).post("/api/v1/orders/", place_body())
        assert response.status_code == 202
        receipt: dict = response.json()
        return receipt

    def test_follows_the_order(self, queues: Queues) -> None:
        receipt = self.placed()

        before = APIClient().get(receipt["status_url"])
        queues.run("orders")
        after = APIClient().get(receipt["status_url"])

        assert before.json()["status"] == "accepted"
        assert before["Cache-Control"] == "private, no-store"
        assert after.json()["status"] == "paid"
        assert after.json()["total"] == {"amount": "12.35", "currency": "GBP"}

    def test_is_accepted_while_the_database_is_away(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receipt = self.placed()

        def fail(_: object) -> None:
            raise OperationalError

        monkeypatch.setattr("apps.checkout.selectors.find_order", fail)

        response = APIClient().get(receipt["status_url"])
        assert (response.status_code, response.json()["status"]) == (200, "accepted")

    @pytest.mark.parametrize("key", ["", "?key=", "?key=wrong", "?key=%00", "?key=%FF"])
    def test_needs_the_key(self, queues: Queues, key: str) -> None:
        order = self.placed()["id"]

        response = APIClient().get(f"/api/v1/orders/{order}/status/{key}")

        assert_problem(response, status=404, code="not_found")


class TestPayingWhatIsDue:
    def order(self, token: str = "tok_decline") -> tuple[Order, str]:
        order_id = make_order(lines={stock_variant().sku: 2}, token=token)
        return Order.objects.get(pk=order_id), status_key_of(order_id)

    def test_by_another_card_pays_a_declined_order(self, queues: Queues) -> None:
        order, key = self.order()
        shown = guest(SECRET).get(f"/api/v1/orders/{order.pk}/status/?key={key}").json()
        assert shown["status"] == "awaiting_payment"
        assert shown["due"] == {
            "amount": {"amount": "12.35", "currency": "GBP"},
            "all_of_it": {"amount": "12.35", "currency": "GBP"},
            "attempt": "0.2",
            "is_declined": True,
        }
        assert shown["pay_by"]

        answer = guest(SECRET).post(f"/api/v1/orders/{order.pk}/payments/?key={key}", WAY)

        assert answer.status_code == 202
        assert answer.json()["due"] is None
        relay()
        assert (
            guest(SECRET).get(f"/api/v1/orders/{order.pk}/status/?key={key}").json()["status"]
            == "paid"
        )

    @pytest.mark.parametrize(
        ("token", "body", "status", "code"),
        [
            ("tok_decline", {"token": "tok_unknown"}, 400, "unknown_payment_token"),
            ("tok_decline", {"provider": "account", "token": "PO-7"}, 403, "account_needed"),
            ("tok_decline", {"token": ""}, 400, "invalid_input"),
            ("tok_success", {}, 409, "not_payable"),
        ],
    )
    def test_is_refused_with_a_reason(
        self, queues: Queues, token: str, body: dict[str, str], status: int, code: str
    ) -> None:
        order, key = self.order(token)

        answer = guest(SECRET).post(
            f"/api/v1/orders/{order.pk}/payments/?key={key}", {**WAY, **body}
        )

        assert_problem(answer, status=status, code=code)

    def test_is_for_who_has_the_key(self, queues: Queues) -> None:
        order, key = self.order()

        for wrong in ("", key[:-1]):
            answer = guest(SECRET).post(f"/api/v1/orders/{order.pk}/payments/?key={wrong}", WAY)
            assert answer.status_code == 404
        assert Payment.objects.count() == 1

    def test_is_held_back_like_placing(self, queues: Queues, settings: Settings) -> None:
        settings.GUEST_ORDERS_PER_MINUTE = 1
        order, key = self.order()
        address = f"/api/v1/orders/{order.pk}/payments/?key={key}"
        client = guest(SECRET)

        assert client.post(address, WAY).status_code == 202
        assert_problem(client.post(address, WAY), status=429, code="too_many_orders")
