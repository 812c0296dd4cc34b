"""Whoever gets a 202 has an order, a recorded rejection or a dead letter: at and beyond every bound."""

from itertools import count
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.cart.models import MAX_QUANTITY, CartLine
from apps.cart.services import open_cart
from apps.catalog.models import Variant
from apps.deadletters.models import DeadLetter
from apps.deadletters.services import collect_dead_letters
from apps.orders.models import Order
from tests.checkout.shoppers import GUEST, SECRET, fill_cart
from tests.factories.shop import open_market, stock_variant, stock_variants
from tests.properties import examples
from tests.queues import Queues

ADDRESS = {"name": "Ada", "line1": "1 Square", "city": "London", "postcode": "SW1Y 4JH", "country": "GB"}  # fmt: skip
LENGTHS = {
    "name": 150, "company": 150, "line1": 200, "line2": 200, "city": 100, "region": 100, "phone": 30,
}  # fmt: skip
# What columns, messages and mails may stumble over.
LETTERS = st.sampled_from(["a", "ä", "漢", "😀", "'", '"', "\\", "\n", "\u202e", "\ufffd", "<"])


def around(most: int) -> st.SearchStrategy[str]:
    """Texts just at a bound, and just beyond it."""
    sizes = st.sampled_from([1, most - 1, most, most + 1])
    return st.builds(lambda letter, size: letter * size, LETTERS, sizes)


ADDRESSES = st.fixed_dictionaries(
    {}, optional={name: around(most) for name, most in LENGTHS.items()}
)
EMAILS = st.sampled_from([52, 64, 241, 242, 243, 250, 308]).map(
    lambda size: "a" * min(size, 64) + "@" + _domain(size - min(size, 64))
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "email": EMAILS,
        "shipping_method": st.sampled_from(["standard", "x" * 50, "x" * 51]),
        "language": st.sampled_from(["de", "x" * 10]),
        "market": st.sampled_from(["gb", "x" * 10, "x" * 11]),
    },
)
PLACES = st.fixed_dictionaries(
    {},
    optional={
        "payment_token": st.sampled_from(["tok_success", "tok_decline", "t" * 255, "t" * 256]),
        "payment_provider": st.sampled_from(["fake", "account", "x" * 20, "x" * 21]),
    },
)
_numbers = count()
GOODS = st.fixed_dictionaries(
    {},
    optional={
        "sku": around(64).filter(lambda text: "\n" not in text and len(text) <= 64),
        "name": around(200).filter(lambda text: len(text) <= 200),
        "options": st.dictionaries(
            st.just("size"), around(64).filter(lambda text: 0 < len(text) <= 64), max_size=1
        ),
        "price": st.sampled_from(["0", "0.0001", "9999999999.9999", "123456789.99"]),
        "quantity": st.sampled_from([1, MAX_QUANTITY]),
    },
)


def _domain(size: int) -> str:
    labels = ["b" * 60] * (size // 61)
    return ".".join([*labels, "c" * max(1, size % 61), "com"])


@pytest.mark.django_db
class TestAccepted:
    @settings(
        max_examples=examples(120), suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(address=ADDRESSES, body=BODIES, place=PLACES, goods=GOODS)
    def test_means_written(
        self, queues: Queues, client: Client, address: Any, body: Any, place: Any, goods: Any
    ) -> None:
        """No answer is a 5xx, and each 202 is found in the database once the worker is through."""
        variant = _variant_of(goods)
        cart = fill_cart({variant.sku: goods.get("quantity", 1)})
        quoted = _post(
            client,
            "/api/v1/quotes/",
            {
                "cart": str(cart), "email": "ada@example.com", "shipping_method": "standard",
                **body, "address": {**ADDRESS, **address},
            },
        )  # fmt: skip
        if quoted.status_code != 201:
            assert quoted.status_code in {400, 404, 409}, quoted.content
            assert quoted.json()["code"]
            return
        placed = _post(
            client,
            "/api/v1/orders/",
            {
                "quote": quoted.json()["quote"],
                "payment_token": "tok_success",
                "payment_provider": "fake",
                **place,
            },
        )
        if placed.status_code == 202:
            queues.run("orders")
            collect_dead_letters()
            order_id = placed.json()["id"]
            is_written = Order.objects.filter(pk=order_id).exists()
            assert is_written or DeadLetter.objects.filter(identity=order_id).exists()
        else:
            assert placed.status_code in {400, 403, 409}, placed.content


def _variant_of(goods: dict[str, Any]) -> Variant:
    open_market()
    fields = {"sku": f"{next(_numbers)}{goods.get('sku', 'S')}"[:64]}
    if "options" in goods:
        fields["options"] = goods["options"]
    if "name" in goods:
        fields["product__name"] = goods["name"]
    return stock_variant(price=goods.get("price", "4.20"), on_hand=20_000, **fields)


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(
        path, body, content_type="application/json", headers={"Guest-Secret": SECRET}
    )


@pytest.mark.django_db
class TestLargeOrders:
    """A quote that was made can be placed; what could not be placed is told, with the true reason, at once."""

    def test_of_five_hundred_long_lines_become_orders(self, queues: Queues, client: Client) -> None:
        canisters = stock_variants(
            (
                {
                    "sku": f"BULK-DEGREASER-CONCENTRATE-{number:04d}",
                    "product__name": f"Degreaser {number} ".ljust(198, "s"),
                    "options": {"size": "5 litre canister", "scent": "fragrance-free"},
                    "weight_grams": 10,
                }
                for number in range(500)
            ),
            price="1.2345",
        )
        quoted = self._quote(client, {one.sku: 2 for one in canisters})
        assert quoted.status_code == 201, quoted.content

        placed = _post(
            client, "/api/v1/orders/",
            {"quote": quoted.json()["quote"], "payment_token": "tok_success", "payment_provider": "fake"},
        )  # fmt: skip

        assert placed.status_code == 202, placed.content
        queues.run("orders")
        order = Order.objects.get(pk=placed.json()["id"])
        assert (order.status, order.lines.count()) == ("paid", 500)
        assert str(order.total.amount) == quoted.json()["total"]["amount"]

    def test_too_large_for_the_topic_are_refused_at_the_quote(self, client: Client) -> None:
        soaps = stock_variants(
            {"sku": f"漢{number}", "product__name": "漢" * 200, "weight_grams": 1}
            for number in range(400)
        )

        quoted = self._quote(client, {one.sku: 1 for one in soaps})

        assert quoted.status_code == 400
        assert quoted.json()["code"] == "quote_too_large"
        assert "230 KiB" in quoted.json()["limit"]

    def _quote(self, client: Client, lines: dict[str, int]) -> Any:
        open_market()
        cart = open_cart(owner=GUEST)
        CartLine.objects.bulk_create(
            CartLine(cart=cart, variant_id=sku, quantity=quantity)
            for sku, quantity in lines.items()
        )
        body = {
            "cart": str(cart.pk), "email": "ada@example.com",
            "shipping_method": "standard", "address": ADDRESS,
        }  # fmt: skip
        return _post(client, "/api/v1/quotes/", body)
