"""What search engines read: every page of the demo is named once, says where it is elsewhere, and what it sells."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client

from apps.catalog.models import Product
from apps.pricing.models import Market
from apps.storefront import selectors
from examples.catalogue import load
from examples.catalogue.records import read
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.shop import open_market, stock_variant

pytestmark = pytest.mark.django_db

_LINK = re.compile(r'<link rel="(canonical|alternate)"(?: hreflang="([^"]+)")? href="([^"]+)">')
_DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
# What each kind must have, so that it is shown: Google Search Central, structured data.
_NEEDED = {
    "Product": {"name", "image", "description", "sku", "offers", "url"},
    "ProductGroup": {"name", "image", "description", "productGroupID", "hasVariant", "url"},
    "BreadcrumbList": {"itemListElement"},
    "Organization": {"name", "url", "address", "email"},
    "WebSite": {"name", "url", "potentialAction", "inLanguage"},
}


def locations(xml: bytes) -> list[str]:
    tree = ElementTree.fromstring(xml)
    return [one.text or "" for one in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


def get(address: str) -> Any:
    parts = urlsplit(address)
    assert parts.netloc == "testserver"
    return Client().get(parts.path + (f"?{parts.query}" if parts.query else ""))


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def pages_of_the_sitemaps() -> list[str]:
    robots = content(get("http://testserver/robots.txt")).decode()
    (index,) = re.findall(r"^Sitemap: (\S+)$", robots, re.MULTILINE)
    return [
        page
        for sitemap in locations(content(get(index)))
        for page in locations(content(get(sitemap)))
    ]


class Page:
    """A page, as a search engine keeps it."""

    def __init__(self, address: str) -> None:
        answer = get(address)
        text = answer.content.decode()
        links = _LINK.findall(text)
        self.address, self.status = address, answer.status_code
        self.canonical = [unescape(href) for kind, _, href in links if kind == "canonical"]
        self.alternates = {tag: unescape(href) for kind, tag, href in links if kind == "alternate"}
        self.data = [json.loads(one) for one in _DATA.findall(text)]
        self.graph = set(re.findall(r'<meta property="(og:\w+)"', text))

    def faults(self, *, known: dict[str, "Page"]) -> Iterator[str]:
        """What a search engine would complain of."""
        if self.status != 200 or self.canonical != [self.address]:
            yield f"{self.address}: {self.status}, canonical {self.canonical}"
        if self.address not in self.alternates.values() or "x-default" not in self.alternates:
            yield f"{self.address}: not among its own alternates"
        for tag, other in self.alternates.items():
            if tag != "x-default" and known[other].alternates != self.alternates:
                yield f"{self.address}: {other} does not point back"
        for block in self.data:
            if missing := _NEEDED[block["@type"]] - block.keys():
                yield f"{self.address}: {block['@type']} without {sorted(missing)}"
        if not self.graph >= {"og:title", "og:type", "og:url", "og:locale", "og:site_name"}:
            yield f"{self.address}: cannot be shared"


def test_the_whole_demo_has_no_fault() -> None:
    load.load_catalogue(read())
    load.load_translations()

    addresses = pages_of_the_sitemaps()

    assert len(addresses) == len(set(addresses))
    assert len(addresses) == sum(
        len(market.languages) * selectors.count_indexed(market) for market in Market.objects.all()
    )
    known = {address: Page(address) for address in addresses}
    assert [fault for page in known.values() for fault in page.faults(known=known)] == []
    products = [page for page in known.values() if "/p/" in page.address]
    assert len(products) == 15 * Product.objects.filter(state="published").count() > 1000
    for page in products:
        kinds = {block["@type"] for block in page.data}
        assert kinds & {"Product", "ProductGroup"}, page.address
        assert "BreadcrumbList" in kinds, page.address


class TestAFault:
    """What the validator must notice."""

    @pytest.fixture
    def page(self) -> Page:
        open_market()
        product = ProductFactory.create(slug="soap", category=CategoryFactory.create(slug="c"))
        stock_variant(product=product)
        return Page("http://testserver/gb/en/p/soap/")

    def test_of_a_page_is_noticed(self, page: Page) -> None:
        others = {
            other: Page(other) for tag, other in page.alternates.items() if tag != "x-default"
        }
        assert list(page.faults(known=others)) == []

        page.alternates["xx"] = "http://testserver/gb/de/p/soap/"
        page.data[0].pop("offers", None)
        page.canonical = []
        page.graph = set()

        assert len(list(page.faults(known=others))) >= 4


class TestAProduct:
    def test_of_two_variants_is_a_group_with_an_offer_each(self) -> None:
        open_market()
        product = ProductFactory.create(slug="soap", name="Soap </script> & more")
        stock_variant(product=product, sku="S-1", gtin="4006381333931", options={"size": "1 l"})
        stock_variant(product=product, sku="S-5", options={"size": "5 l"}, price="19.00", on_hand=0)

        group = next(
            one for one in Page("http://testserver/gb/en/p/soap/").data if "hasVariant" in one
        )

        first, second = group["hasVariant"]
        assert (group["@type"], group["name"]) == ("ProductGroup", "Soap </script> & more")
        assert (first["sku"], first["gtin"]) == ("S-1", "4006381333931")
        assert first["name"] == "Soap </script> & more, 1 l"
        assert first["offers"]["price"] == "4.20"
        assert first["offers"]["priceCurrency"] == "GBP"
        assert first["offers"]["url"] == "http://testserver/gb/en/p/soap/?sku=S-1"
        assert second["offers"]["availability"] == "https://schema.org/OutOfStock"
        assert "gtin" not in second


class TestTheSitemap:
    def test_is_divided_where_it_would_be_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        open_market()
        Market.objects.update(languages=["en"])
        shelf = CategoryFactory.create(slug="soaps")
        for number in range(5):
            stock_variant(product=ProductFactory.create(slug=f"soap-{number}", category=shelf))
        for module in ("selectors", "views.machines"):
            monkeypatch.setattr(f"apps.storefront.{module}.PAGES_IN_A_SITEMAP", 3)

        parts = locations(content(get("http://testserver/sitemap.xml")))

        assert [len(locations(content(get(one)))) for one in parts] == [3, 3, 1]
        assert len(set(pages_of_the_sitemaps())) == 7

    def test_names_no_product_that_the_market_does_not_sell(self) -> None:
        open_market()
        stock_variant(product=ProductFactory.create(slug="soap"), currency="EUR")

        assert not [one for one in pages_of_the_sitemaps() if "/p/" in one]

    @pytest.mark.parametrize("path", ["mars/en/1.xml", "gb/tlh/1.xml", "gb/en/0.xml"])
    def test_of_nothing_is_not_there(self, path: str) -> None:
        open_market()

        assert get(f"http://testserver/sitemaps/{path}").status_code == 404


def test_the_shop_can_be_put_on_a_home_screen_in_its_language() -> None:
    open_market()

    manifest = get("http://testserver/gb/ar/manifest.webmanifest").json()

    assert (manifest["lang"], manifest["dir"]) == ("ar", "rtl")
    assert manifest["start_url"] == "/gb/ar/"
