"""The main job, over HTTP alone: product → cart → quote → order → paid, and who hears of it."""

import pytest
from rest_framework.test import APIClient

from tests.factories.shop import open_market, stock_variant
from tests.queues import Queues

ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}


def quote_cart(api: APIClient, *, sku: str, quantity: int = 2) -> dict:
    cart = api.post("/api/v1/carts/").json()
    api.credentials(HTTP_GUEST_SECRET=cart["secret"])
    lines = f"/api/v1/carts/{cart['id']}/lines/"
    assert api.post(lines, {"sku": sku, "quantity": quantity}).status_code == 201
    body = {
        "cart": cart["id"],
        "market": "gb",
        "email": "ada@example.com",
        "shipping_method": "standard",
        "address": ADDRESS,
    }
    response = api.post("/api/v1/quotes/", body)
    assert response.status_code == 201, response.json()
    return response.json()


def place(api: APIClient, quote: dict, token: str = "tok_success") -> dict:
    placing = {"quote": quote["quote"], "payment_provider": "fake", "payment_token": token}
    response = api.post("/api/v1/orders/", placing)
    assert response.status_code == 202, response.json()
    return response.json()


@pytest.mark.django_db(transaction=True)
class TestFirstSale:
    def test_a_guest_buys_and_every_system_hears_of_it(self, queues: Queues) -> None:
        open_market()
        variant = stock_variant(price="4.20")
        api = APIClient()

        quote = quote_cart(api, sku=variant.sku)
        assert quote["total"] == {"amount": "12.35", "currency": "GBP"}
        placed = place(api, quote)
        assert placed["id"] == quote["id"]
        assert api.get(placed["status_url"]).json()["status"] == "accepted"

        queues.run_all()

        progress = api.get(placed["status_url"]).json()
        assert progress["status"] == "paid"
        assert [entry["type"] for entry in progress["timeline"]] == [
            "orders.order.placed.v1",
            "payments.payment.captured.v1",
            "orders.order.paid.v1",
            "shipping.shipment.requested.v1",
        ]
        assert queues.heard_by("fulfilment") == [
            "orders.order.paid.v1",
            "shipping.shipment.requested.v1",
        ]
        assert queues.heard_by("accounting") == [
            "orders.order.paid.v1",
            "payments.payment.captured.v1",
        ]
        assert queues.heard_by("inventory") == ["orders.order.placed.v1"]
        assert queues.heard_by("crm") == ["orders.order.paid.v1", "orders.order.placed.v1"]
        assert queues.heard_by("support") == []
