"""Other apps have their say on a product's page and in its JSON, in their own words."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.search import registry
from apps.search.registry import describes_products, list_extras
from apps.search.selectors import view_product
from tests.factories.catalog import ProductFactory
from tests.factories.shop import open_market, prices_in, stock_variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _descriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_descriptions", {})


class TestDescribesProducts:
    def test_is_asked_about_the_product(self) -> None:
        describes_products(name="label", template="x.html")(lambda pk: {"of": pk})
        describes_products(name="nothing", template="x.html")(lambda _: None)

        assert [(one.name, one.data) for one in list_extras(7)] == [("label", {"of": 7})]

    def test_takes_each_name_once(self) -> None:
        describes_products(name="label", template="x.html")(lambda _: None)

        with pytest.raises(ValueError, match="label"):
            describes_products(name="label", template="x.html")(lambda _: None)

    def test_costs_a_page_nothing_where_nobody_has_a_say(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        market, product = open_market(), ProductFactory.create(slug="soap")
        stock_variant(product=product)

        with django_assert_num_queries(7):
            assert view_product("soap", context=prices_in(market)).extras == ()

    def test_stands_in_the_products_json(self, client: Client) -> None:
        open_market()
        stock_variant(product=ProductFactory.create(slug="soap"))
        describes_products(name="label", template="x.html")(lambda _: {"scheme": "Swan"})

        shown = client.get("/api/v1/products/soap/").json()

        assert shown["extras"] == {"label": {"scheme": "Swan"}}
