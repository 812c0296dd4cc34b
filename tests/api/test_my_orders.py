"""A customer's own orders over the API."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.api.test_tokens import client_of
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db


class TestMyOrders:
    def test_are_the_customers_own_newest_first(self) -> None:
        customer, other = UserFactory.create(), UserFactory.create()
        sku = stock_variant().sku
        mine = [make_order(lines={sku: 1}, customer_id=customer.pk) for _ in range(2)]
        make_order(lines={sku: 1}, customer_id=other.pk)
        make_order(lines={sku: 1})

        page = client_of(customer).get("/api/v1/me/orders/").json()

        assert (page["count"], page["next"], page["previous"]) == (2, None, None)
        assert [order["id"] for order in page["results"]] == [str(pk) for pk in reversed(mine)]
        order = page["results"][0]
        assert (order["status"], order["total"]) == (
            "paid",
            {"amount": "8.15", "currency": "GBP"},
        )
        assert order["lines"] == [
            {
                "sku": sku,
                "title": f"Item {sku}",
                "options": "",
                "quantity": 1,
                "list_price": "4.2",
                "unit_price": "4.2",
                "amount": {"amount": "4.20", "currency": "GBP"},
                "adjustments": [],
                "paid": {"amount": "4.20", "currency": "GBP"},
            }
        ]

    def test_come_page_by_page(self) -> None:
        customer, sku = UserFactory.create(), stock_variant().sku
        for _ in range(3):
            make_order(lines={sku: 1}, customer_id=customer.pk)

        page = client_of(customer).get("/api/v1/me/orders/?page_size=2&page=2").json()

        assert (len(page["results"]), page["next"]) == (1, None)
        assert page["previous"] == "http://testserver/api/v1/me/orders/?page_size=2"

    def test_cost_the_same_however_many(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer, sku = UserFactory.create(), stock_variant().sku
        for _ in range(5):
            make_order(lines={sku: 1}, customer_id=customer.pk)
        client = client_of(customer)

        with django_assert_num_queries(5):
            client.get("/api/v1/me/orders/")

    @pytest.mark.parametrize("page", ["0", "2", "x", "%00"])
    def test_on_a_page_that_is_not_there_are_not_found(self, page: str) -> None:
        response = client_of(UserFactory.create()).get(f"/api/v1/me/orders/?page={page}")

        assert_problem(response, status=404, code="not_found")

    def test_need_a_token(self) -> None:
        response = APIClient().get("/api/v1/me/orders/")

        assert_problem(response, status=401, code="not_authenticated")
