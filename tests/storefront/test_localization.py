"""Addresses name a market and a language: who asks without is led there, and a page depends on nothing else."""

import pytest
from django.db import OperationalError
from django.test import Client

from apps.accounts.services import register_customer
from apps.catalog.models import Category, Product
from apps.pricing.models import Market
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.shop import open_market, stock_variant
from tests.pages import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _markets() -> None:
    open_market()
    open_market(code="eu", currency="EUR", country="DE")
    Market.objects.filter(code="eu").update(languages=["de", "en"], countries=["DE", "AT"])
    product = ProductFactory.create(slug="soap")
    stock_variant(product=product, currency="EUR", price="5.10")


class TestTheRoot:
    @pytest.mark.parametrize(
        ("headers", "cookies", "target"),
        [
            ({}, {}, "/gb/en/"),
            ({"Accept-Language": "de-DE,de;q=0.9"}, {}, "/eu/de/"),
            ({"CloudFront-Viewer-Country": "AT", "Accept-Language": "en"}, {}, "/eu/en/"),
            (
                {"CloudFront-Viewer-Country": "AT"},
                {"market": "gb", "django_language": "de"},
                "/gb/de/",
            ),
        ],
    )
    def test_leads_to_what_fits_and_is_kept_by_no_cache(
        self, headers: dict[str, str], cookies: dict[str, str], target: str
    ) -> None:
        client = Client(headers=headers)
        for name, value in cookies.items():
            client.cookies[name] = value

        answer = client.get("/?utm=a%20b")

        assert (answer.status_code, answer["Location"]) == (302, f"{target}?utm=a%20b")
        assert "no-store" in answer["Cache-Control"]

    def test_leads_home_while_the_database_is_away(self, monkeypatch) -> None:
        def fail() -> None:
            raise OperationalError

        monkeypatch.setattr("apps.storefront.selectors.list_markets", fail)

        assert Client().get("/cart/")["Location"] == "/gb/en/cart/"

    def test_is_closed_before_a_market_is_open(self) -> None:
        Market.objects.all().delete()

        assert Client().get("/", follow=True).status_code == 503


class TestAnOldAddress:
    def test_leads_on_for_good(self) -> None:
        answer = Client().get("/p/soap/?sku=A%2F1&x=%C3%BC")

        assert answer.status_code == 301
        assert answer["Location"] == "/gb/en/p/soap/?sku=A%2F1&x=%C3%BC"
        assert "no-store" in answer["Cache-Control"]

    def test_takes_a_form_along(self) -> None:
        answer = Client().post("/cart/add/", {"sku": "x"})

        assert (answer.status_code, answer["Location"]) == (308, "/gb/en/cart/add/")

    def test_leads_on_below_the_prefix_that_the_shop_is_mounted_at(self) -> None:
        assert Client(SCRIPT_NAME="/dev").get("/cart/")["Location"] == "/dev/gb/en/cart/"

    def test_without_its_last_slash_leads_on_as_well(self) -> None:
        assert Client().get("/gb/en/p/soap")["Location"] == "/gb/en/p/soap/"


class TestAPage:
    def test_is_the_same_for_everybody_whatever_the_browser_says(self) -> None:
        customer = register_customer(
            email="ada@example.com", password="fresh-linen-41", name="Ada", language="de"
        )
        for path in ("/eu/de/", "/eu/de/p/soap/", "/eu/de/search/?q=soap"):
            plain = Client().get(path)
            other = Client(headers={"Accept-Language": "en", "CloudFront-Viewer-Country": "GB"})
            other.force_login(customer)
            other.cookies["market"], other.cookies["django_language"] = "gb", "en"

            answer = other.get(path)

            assert answer.content == plain.content, path
            assert "Accept-Language" not in answer.get("Vary", "")
            assert "Cookie" not in plain.get("Vary", ""), path
            assert answer["Content-Language"] == "de"

    def test_links_to_pages_of_its_own_market_and_language(self) -> None:
        page = Client().get("/eu/de/p/soap/").content.decode()

        assert 'href="/eu/de/cart/"' in page
        assert 'href="/cart/"' not in page
        assert "/gb/" not in page.replace('href="http://testserver/gb/', "")

    def test_names_itself_and_its_alternates(self) -> None:
        page = Client().get("/eu/de/p/soap/?sku=1").content.decode()

        assert '<link rel="canonical" href="http://testserver/eu/de/p/soap/">' in page
        for tag, path in (
            ("en-GB", "/gb/en"),
            ("de", "/eu/de"),
            ("en", "/eu/en"),
            ("x-default", ""),
        ):
            link = f'<link rel="alternate" hreflang="{tag}" href="http://testserver{path}/p/soap/">'
            assert link in page

    @pytest.mark.parametrize(
        "path", ["/mars/en/", "/gb/xx/", "/gb/en/api/v1/markets/", "/gb/en/x/"]
    )
    def test_of_no_market_or_language_is_not_there(self, path: str) -> None:
        assert Client().get(path).status_code == 404

    def test_in_a_language_that_the_market_does_not_speak_leads_to_its_own(self) -> None:
        Market.objects.filter(code="gb").update(languages=["en"])

        answer = Client().get("/gb/de/p/soap/?sku=1")

        assert (answer.status_code, answer["Location"]) == (302, "/gb/en/p/soap/?sku=1")


class TestTheOffer:
    def test_is_made_to_whom_another_fits_better_in_their_words(self) -> None:
        client = Client(headers={"Accept-Language": "de-DE"})

        offer = client.get("/gb/en/elsewhere/", {"next": "/gb/en/p/soap/"})

        text = offer.content.decode()
        assert 'lang="de"' in text
        assert "auf Deutsch" in text
        assert 'value="/gb/en/p/soap/"' in text
        assert "no-store" in offer["Cache-Control"]

    @pytest.mark.parametrize("language", ["", "tlh", "ar"])
    def test_is_not_made_to_whom_no_other_market_fits_better(self, language: str) -> None:
        client = Client(headers={"Accept-Language": language})

        assert client.get("/gb/en/elsewhere/").status_code == (200 if language == "ar" else 204)
        assert client.get("/eu/de/elsewhere/").status_code == 204

    def test_leads_to_the_same_page_and_is_remembered(self) -> None:
        shopper = Shopper()
        fields = {"market": "eu", "language": "de", "next": "/gb/en/p/soap/?sku=1"}

        answer = shopper.post("/choose/", fields)

        assert answer["Location"] == "/eu/de/p/soap/?sku=1"
        later = Client()
        later.cookies = shopper.cookies
        assert later.get("/")["Location"] == "/eu/de/"


class TestAChangedSlug:
    @pytest.mark.parametrize(("path", "model"), [("p", Product), ("c", Category)])
    def test_leads_on_for_good_also_after_several_changes(
        self, path: str, model: type[Product] | type[Category]
    ) -> None:
        CategoryFactory.create(slug="first") if path == "c" else ProductFactory.create(slug="first")
        for before, after in (("first", "second"), ("second", "third")):
            model.objects.filter(slug=before).update(slug=after)

        for old in ("first", "second"):
            answer = Client().get(f"/gb/en/{path}/{old}/?sku=a%2Fb")
            assert answer.status_code == 301
            assert answer["Location"] == f"/gb/en/{path}/third/?sku=a%2Fb"
        assert Client().get(f"/gb/en/{path}/third/").status_code == 200
        assert Client().get(f"/gb/en/{path}/fourth/").status_code == 404

    def test_is_free_for_another(self) -> None:
        Product.objects.filter(slug="soap").update(slug="new-soap")
        other = ProductFactory.create(slug="other")
        Product.objects.filter(pk=other.pk).update(slug="soap")

        assert Client().get("/gb/en/p/soap/").status_code == 200
        assert Client().get("/gb/en/p/other/")["Location"] == "/gb/en/p/soap/"

    def test_of_what_is_not_published_leads_nowhere(self) -> None:
        Product.objects.filter(slug="soap").update(slug="new-soap", state="draft")

        assert Client().get("/gb/en/p/soap/").status_code == 404
