"""The API speaks the language that it is asked for; what it was not asked for, no cache keeps."""

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from apps.checkout.services import read_quote
from apps.core.errors import InvalidInput
from apps.pricing.models import Market
from apps.translations import services
from apps.translations.types import TextRow
from tests.checkout.shoppers import fill_cart, quote_cart
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.shop import open_market, stock_variant
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _soap() -> None:
    open_market()
    shelf = CategoryFactory.create(slug="soaps", name="Soaps")
    product = ProductFactory.create(slug="soap", name="Soap", category=shelf)
    stock_variant(product=product, sku="SOAP")
    for kind, key, source, text in (
        ("catalog.product", "soap", "Soap", "Seife"),
        ("catalog.category", "soaps", "Soaps", "Seifen"),
        ("pricing.market", "gb", "", "Großbritannien"),
    ):
        services.translate(
            TextRow(kind=kind, key=key, field="name", language="de", source=source, text=text)
        )


def names(answer: dict | list, found: set[str] | None = None) -> set[str]:
    """Every `name` in an answer."""
    found = set() if found is None else found
    for one in answer if isinstance(answer, list) else [answer]:
        if isinstance(one, dict):
            found |= {one["name"]} if "name" in one else set()
            for value in one.values():
                names(value, found) if isinstance(value, dict | list) else None
    return found


PATHS = ("products/", "products/soap/", "categories/", "markets/")
GERMAN = {"Seife", "Seifen", "Großbritannien"}


@pytest.mark.parametrize("path", PATHS)
def test_speaks_the_language_of_the_address_and_lets_it_be_kept(path: str) -> None:
    answer = APIClient().get(
        f"/api/v1/{path}", {"language": "de"}, headers={"Accept-Language": "en"}
    )

    assert names(answer.json()) & GERMAN
    assert answer["Content-Language"] == "de"
    assert answer["Cache-Control"] == "public"


@pytest.mark.parametrize("path", PATHS)
def test_speaks_the_language_of_the_headers_for_no_cache(path: str) -> None:
    german = APIClient().get(f"/api/v1/{path}", headers={"Accept-Language": "de"})
    english = APIClient().get(f"/api/v1/{path}")

    assert names(german.json()) & GERMAN
    assert not names(english.json()) & GERMAN
    for answer in (german, english):
        assert "no-store" in answer["Cache-Control"]
        assert "public" not in answer["Cache-Control"]


def test_refuses_what_is_no_language() -> None:
    answer = APIClient().get("/api/v1/products/", {"language": "klingon"})

    assert_problem(answer, status=400, code="invalid_input")
    assert "language" in answer.json()["errors"]


def test_calls_what_is_bought_as_the_language_of_the_order_does() -> None:
    with translation.override("en"):
        quote = quote_cart(fill_cart({"SOAP": 1}), language="de")

    (line,) = read_quote(quote.document).draft.lines
    assert (line.title, type(line.title)) == ("Seife", str)


def test_sells_in_no_language_that_the_market_does_not_speak() -> None:
    Market.objects.update(languages=["en"])

    with pytest.raises(InvalidInput) as refused:
        quote_cart(fill_cart({"SOAP": 1}), language="de")
    assert refused.value.details["errors"] == {"language": ["This market speaks en."]}
