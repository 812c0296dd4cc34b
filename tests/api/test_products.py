"""The catalogue over the API, as one market's shoppers see it."""

from decimal import Decimal

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.catalog.models import OptionValue, ProductDocument, PublicationState, Tag
from apps.catalog.services import set_attributes
from tests.factories.catalog import CategoryFactory, ProductFactory, declare
from tests.factories.shop import open_market, stock_variant
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
api = APIClient()


@pytest.fixture(autouse=True)
def _market() -> None:
    open_market()


def names(query: str = "") -> list[str]:
    response = api.get(f"/api/v1/products/{query}")
    assert response.status_code == 200, response.content
    return [product["name"] for product in response.json()["products"]]


class TestMarkets:
    def test_say_what_is_paid_where(self) -> None:
        assert api.get("/api/v1/markets/").json() == [
            {
                "code": "gb",
                "name": "GB",
                "currency": "GBP",
                "tax_included": True,
                "countries": ["GB"],
                "languages": [code for code, _ in settings.LANGUAGES],
                "default_country": "GB",
            }
        ]


class TestCategories:
    def test_are_in_the_order_of_the_tree(self) -> None:
        kitchen = CategoryFactory.create(slug="kitchen")
        CategoryFactory.create(slug="laundry")
        CategoryFactory.create(slug="dishes", parent=kitchen)

        listed = api.get("/api/v1/categories/").json()
        assert [(one["slug"], one["depth"]) for one in listed] == [
            ("kitchen", 1),
            ("dishes", 2),
            ("laundry", 1),
        ]


class TestProducts:
    def test_show_the_lowest_price_and_whether_there_is_any(self) -> None:
        product = ProductFactory.create()
        stock_variant(product=product, price="9.90", on_hand=0)
        stock_variant(product=product, price="4.20", on_hand=0)

        page = api.get("/api/v1/products/").json()

        assert (page["total"], page["page"], page["pages"]) == (1, 1, 1)
        (shown,) = page["products"]
        assert shown["slug"] == product.slug
        assert shown["price_from"] == {"amount": "4.20", "currency": "GBP"}
        assert shown["in_stock"] is False

    def test_are_found_by_shelf_and_word(self) -> None:
        shelf = CategoryFactory.create(slug="dishes")
        ProductFactory.create(name="Pan soap", category=shelf)
        ProductFactory.create(name="Pine soap")

        assert names("?category=dishes") == ["Pan soap"]
        assert names("?q=pine") == ["Pine soap"]
        assert names("?q=soap") == ["Pan soap", "Pine soap"]

    def test_come_page_by_page(self) -> None:
        for number in range(25):
            ProductFactory.create(name=f"Soap {number}")

        assert len(names()) == 24
        assert names("?page=2") == ["Soap 24"]

    def test_cost_at_most_ten_queries(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(24):
            stock_variant()

        with django_assert_max_num_queries(10):
            names()

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("?market=zz", 400, "unknown_market"),
            ("?market=%00", 400, "unknown_market"),
            ("?category=none", 404, "not_found"),
            ("?category=%00", 404, "not_found"),
            ("?page=0", 400, "invalid_input"),
            ("?page=x", 400, "invalid_input"),
            ("?page=0000000019999999", 400, "invalid_input"),
            ("?page=100001", 400, "invalid_input"),
            ("?page=-1", 400, "invalid_input"),
            ("?page=%C2%B2", 400, "invalid_input"),
        ],
    )
    def test_refuse_what_is_not_there(self, query: str, status: int, code: str) -> None:
        assert_problem(api.get(f"/api/v1/products/{query}"), status=status, code=code)

    @pytest.mark.parametrize("words", ["%00", "%25", "'", "a" * 5_000, "a+" * 500])
    def test_find_nothing_for_strange_words(self, words: str) -> None:
        ProductFactory.create(name="Pine soap")

        assert names(f"?q=zz{words}") == []


class TestAProduct:
    def test_shows_variants_prices_and_attributes(self) -> None:
        product = ProductFactory.create()
        declare(product.product_type, "vegan", kind="boolean", position=1)
        declare(product.product_type, "ph", name="pH", kind="decimal")
        set_attributes(product_id=product.pk, values={"ph": Decimal("6.8"), "vegan": True})
        variant = stock_variant(product=product, price="4.20", on_hand=7)

        shown = api.get(f"/api/v1/products/{product.slug}/").json()

        (one,) = shown["variants"]
        assert (one["sku"], one["free_units"]) == (variant.sku, 7)
        assert one["price"] == {"amount": "4.20", "currency": "GBP"}
        assert shown["attributes"] == [
            {"code": "ph", "name": "pH", "value": "6.8", "unit": ""},
            {"code": "vegan", "name": "vegan", "value": True, "unit": ""},
        ]

    def test_bears_tags_and_leads_to_its_papers(self) -> None:
        product = ProductFactory.create()
        for name in ("Refill", "New"):
            product.tags.add(Tag.objects.create(code=name.lower(), name=name))
        for position, title in ((1, "Certificate"), (0, "Safety")):
            ProductDocument.objects.create(
                product=product,
                kind="certificate" if position else "safety_data_sheet",
                language="de",
                title=title,
                file=f"product-documents/{position}.pdf",
                size=7_000,
                position=position,
            )

        shown = api.get(f"/api/v1/products/{product.slug}/").json()

        assert shown["tags"] == [
            {"code": "new", "name": "New"},
            {"code": "refill", "name": "Refill"},
        ]
        first, second = shown["documents"]
        assert first.pop("url").endswith("product-documents/0.pdf")
        assert first == {
            "kind": "safety_data_sheet",
            "language": "de",
            "title": "Safety",
            "size": 7_000,
        }
        assert second["kind"] == "certificate"

    def test_offers_the_options_of_what_is_on_sale_in_their_order(self) -> None:
        product = ProductFactory.create()
        for sku, size, scent in (("B", "5 l", "Pine"), ("A", "1 l", "Pine"), ("C", "9 l", "Salt")):
            stock_variant(
                sku=sku,
                product=product,
                options={"scent": scent, "size": size},
                is_active=sku != "C",
            )
        OptionValue.objects.filter(name="5 l").update(position=7)

        shown = api.get(f"/api/v1/products/{product.slug}/").json()

        assert [one["options"] for one in shown["variants"]] == [
            {"scent": "Pine", "size": "5 l"},
            {"scent": "Pine", "size": "1 l"},
        ]
        assert [(one["code"], one["name"]) for one in shown["options"]] == [
            ("scent", "Scent"),
            ("size", "Size"),
        ]
        assert [one["name"] for one in shown["options"][1]["values"]] == ["1 l", "5 l"]

    def test_says_what_is_in_each_pack(self) -> None:
        product = ProductFactory.create()
        measured = {"gtin": "2741500101016", "pack_amount": "500.000", "pack_unit": "ml"}
        stock_variant(product=product, pack_pieces=6, **measured)
        stock_variant(product=product)

        first, last = api.get(f"/api/v1/products/{product.slug}/").json()["variants"]

        assert first["gtin"] == "2741500101016"
        assert first["pack"] == {"amount": "500", "unit": "ml", "pieces": 6}
        assert (last["gtin"], last["pack"]) == ("", None)

    def test_that_is_not_published_is_not_there(self) -> None:
        draft = ProductFactory.create(state=PublicationState.DRAFT)

        for slug in (draft.slug, "none"):
            response = api.get(f"/api/v1/products/{slug}/")
            assert_problem(response, status=404, code="not_found")

    def test_in_an_unknown_market_is_refused(self) -> None:
        slug = ProductFactory.create().slug

        response = api.get(f"/api/v1/products/{slug}/?market=zz")

        assert_problem(response, status=400, code="unknown_market")
