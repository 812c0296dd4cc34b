"""Carts over the API: their owner's, and nobody else's."""

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.cart.models import Cart, CartAddition, CartLine
from apps.cart.services import close_cart
from apps.core.models import new_id
from tests.api.test_tokens import client_of
from tests.factories.accounts import UserFactory
from tests.factories.identifiers import ODD_SKUS
from tests.factories.shop import open_market, stock_variant
from tests.problems import assert_problem, guest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _market() -> None:
    open_market()


def open_as(client: APIClient) -> str:
    response = client.post("/api/v1/carts/")
    assert response.status_code == 201, response.content
    return f"/api/v1/carts/{response.json()['id']}/"


def open_guest_cart() -> tuple[APIClient, str]:
    client = APIClient()
    opened = client.post("/api/v1/carts/").json()
    client.credentials(HTTP_GUEST_SECRET=opened["secret"])
    return client, f"/api/v1/carts/{opened['id']}/"


class TestCarts:
    def test_of_a_guest_come_with_a_secret_of_their_own(self) -> None:
        first, second = (APIClient().post("/api/v1/carts/").json() for _ in range(2))

        assert first["items"] == []
        assert first["subtotal"] == {"amount": "0.00", "currency": "GBP"}
        assert len(first["secret"]) >= 32
        assert first["secret"] != second["secret"]
        assert Cart.objects.count() == 2

    @pytest.mark.parametrize("chosen", ["1", "x" * 64])
    def test_of_a_guest_are_never_opened_by_a_secret_that_was_chosen(self, chosen: str) -> None:
        first, second = (guest(chosen).post("/api/v1/carts/").json() for _ in range(2))

        assert chosen not in {first["secret"], second["secret"]}
        assert first["id"] != second["id"]
        assert guest(chosen).get(f"/api/v1/carts/{first['id']}/").status_code == 404

    def test_of_a_guest_are_found_by_the_secret_they_came_with(self) -> None:
        client, cart = open_guest_cart()

        again = client.post("/api/v1/carts/").json()

        assert again["id"] in cart

    def test_of_a_customer_are_opened_once_and_need_no_secret(self) -> None:
        client = client_of(UserFactory.create())

        first, second = (client.post("/api/v1/carts/").json() for _ in range(2))

        assert first == second
        assert first["secret"] == ""

    def test_in_an_unknown_market_are_refused(self) -> None:
        response = APIClient().post("/api/v1/carts/?market=zz")

        assert_problem(response, status=400, code="unknown_market")


class TestACart:
    def test_is_filled_changed_and_emptied(self) -> None:
        client, cart = open_guest_cart()
        variant = stock_variant(price="4.20")

        added = client.post(f"{cart}lines/", {"sku": variant.sku, "quantity": 2})
        changed = client.put(f"{cart}lines/{variant.sku}/", {"quantity": 3})
        removed = client.delete(f"{cart}lines/{variant.sku}/")

        assert (added.status_code, changed.status_code, removed.status_code) == (201, 200, 200)
        (item,) = added.json()["items"]
        assert (item["sku"], item["quantity"], item["is_buyable"]) == (variant.sku, 2, True)
        assert item["amount"] == {"amount": "8.40", "currency": "GBP"}
        assert changed.json()["subtotal"] == {"amount": "12.60", "currency": "GBP"}
        assert removed.json()["items"] == []
        assert [answer.json()["version"] for answer in (added, changed, removed)] == [2, 3, 4]
        assert client.get(cart).json() == removed.json()

    def test_is_not_there_for_anybody_else(self) -> None:
        sku = stock_variant().sku
        guests, guests_cart = open_guest_cart()
        one, other = (client_of(UserFactory.create()) for _ in range(2))
        customers_cart = open_as(one)
        for owner, cart in ((guests, guests_cart), (one, customers_cart)):
            owner.post(f"{cart}lines/", {"sku": sku, "quantity": 1})

        strangers = [(APIClient(), guests_cart), (guest("wrong"), guests_cart)]
        strangers += [(client, customers_cart) for client in (APIClient(), guests, other)]
        strangers += [(other, guests_cart)]
        for stranger, cart in strangers:
            line = f"{cart}lines/{sku}/"
            for response in (
                stranger.get(cart),
                stranger.post(f"{cart}lines/", {"sku": sku, "quantity": 1}),
                stranger.put(line, {"quantity": 9}),
                stranger.delete(line),
            ):
                assert_problem(response, status=404, code="cart_not_found")

        assert set(CartLine.objects.values_list("quantity", flat=True)) == {1}
        assert set(Cart.objects.values_list("version", flat=True)) == {2}

    def test_that_never_was_is_not_there(self) -> None:
        response = guest().get(f"/api/v1/carts/{new_id()}/")

        assert_problem(response, status=404, code="cart_not_found")

    @pytest.mark.parametrize("quantity", [0, -1, 10_000, "many", 1.5, None])
    def test_refuses_a_quantity_it_cannot_hold(self, quantity: object) -> None:
        client, cart = open_guest_cart()

        response = client.post(f"{cart}lines/", {"sku": stock_variant().sku, "quantity": quantity})

        errors = assert_problem(response, status=400, code="invalid_input")["errors"]
        assert list(errors) == ["quantity"]
        assert not CartLine.objects.exists()

    def test_refuses_what_is_not_on_sale(self) -> None:
        client, cart = open_guest_cart()

        response = client.post(f"{cart}lines/", {"sku": "NOPE", "quantity": 1})

        assert assert_problem(response, status=400, code="unknown_sku")["sku"] == "NOPE"

    @pytest.mark.parametrize("sku", ["NOPE", "%00", "%F0%9F%A7%BC"])
    def test_refuses_to_change_a_line_that_is_not_there(self, sku: str) -> None:
        client, cart = open_guest_cart()

        response = client.put(f"{cart}lines/{sku}/", {"quantity": 1})

        assert_problem(response, status=400, code="unknown_sku")

    def test_takes_an_addition_once_that_was_sent_twice(self) -> None:
        client, cart = open_guest_cart()
        line = {"sku": stock_variant().sku, "quantity": 2}
        key = {"headers": {"Idempotency-Key": "my-first"}}

        answers = [client.post(f"{cart}lines/", line, **key) for _ in range(2)]
        another = client.post(f"{cart}lines/", line, headers={"Idempotency-Key": "my-second"})

        assert [answer.status_code for answer in (*answers, another)] == [201] * 3
        assert answers[0].json() == answers[1].json()
        assert another.json()["items"][0]["quantity"] == 4

    def test_adds_again_what_no_key_tells_apart(self) -> None:
        """The control: what a repeat does without one."""
        client, cart = open_guest_cart()
        line = {"sku": stock_variant().sku, "quantity": 2}

        answers = [client.post(f"{cart}lines/", line) for _ in range(2)]

        assert answers[1].json()["items"][0]["quantity"] == 4

    def test_refuses_a_key_of_another_addition(self) -> None:
        client, cart = open_guest_cart()
        sku, key = stock_variant().sku, {"headers": {"Idempotency-Key": "mine"}}
        client.post(f"{cart}lines/", {"sku": sku, "quantity": 2}, **key)

        response = client.post(f"{cart}lines/", {"sku": sku, "quantity": 3}, **key)

        assert_problem(response, status=422, code="idempotency_key_reused")

    def test_forgets_keys_after_a_day(self, time_machine) -> None:
        client, cart = open_guest_cart()
        line = {"sku": stock_variant().sku, "quantity": 2}
        client.post(f"{cart}lines/", line, headers={"Idempotency-Key": "old"})
        time_machine.move_to(timezone.now() + timedelta(hours=25))

        client.post(f"{cart}lines/", line, headers={"Idempotency-Key": "new"})

        assert CartAddition.objects.count() == 1

    def test_holds_what_it_is_told_to_hold_however_often(self) -> None:
        client, cart = open_guest_cart()
        sku = stock_variant().sku

        answers = [client.put(f"{cart}lines/{sku}/", {"quantity": 3}) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 200]
        assert [one["quantity"] for one in answers[1].json()["items"]] == [3]

    @pytest.mark.parametrize("sku", ODD_SKUS)
    def test_changes_and_removes_whatever_a_sku_holds(self, sku: str) -> None:
        client, cart = open_guest_cart()
        stock_variant(sku=sku)
        client.post(f"{cart}lines/", {"sku": sku, "quantity": 1})

        changed = client.put(f"{cart}lines/{quote(sku, safe='')}/", {"quantity": 2})
        removed = client.delete(f"{cart}lines/{quote(sku, safe='')}/")

        assert [one["quantity"] for one in changed.json()["items"]] == [2]
        assert removed.json()["items"] == []

    def test_knows_a_sku_that_comes_decomposed(self) -> None:
        client, cart = open_guest_cart()
        stock_variant(sku="Gr\u00f6\u00dfe")
        typed = "Gro\u0308\u00dfe"

        added = client.post(f"{cart}lines/", {"sku": typed, "quantity": 1})
        changed = client.put(f"{cart}lines/{quote(typed)}/", {"quantity": 2})

        assert (added.status_code, changed.status_code) == (201, 200)
        assert [one["quantity"] for one in changed.json()["items"]] == [2]

    def test_refuses_changes_once_it_is_ordered(self) -> None:
        client, cart = open_guest_cart()
        close_cart(cart_id=UUID(cart.split("/")[-2]), version=1)

        response = client.post(f"{cart}lines/", {"sku": stock_variant().sku, "quantity": 1})

        assert_problem(response, status=409, code="cart_closed")
        assert not CartLine.objects.exists()

    @pytest.mark.parametrize("market", ["zz", "%00", "x" * 500])
    def test_is_not_shown_in_an_unknown_market(self, market: str) -> None:
        client, cart = open_guest_cart()

        response = client.get(f"{cart}?market={market}")

        assert_problem(response, status=400, code="unknown_market")
