"""Whose shop it is stands in the settings and in the owner's folders, and the apps can do without these."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core import mail
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from apps.catalog.models import Brand, Product
from apps.notifications.models import Message
from tests.factories.orders import make_order
from tests.factories.shop import open_market, stock_variant
from tests.pages import Shopper
from tests.relays import relay
from tests.storefront.test_pages import FORM, fill_cart

pytestmark = pytest.mark.django_db
OWNERS = Path(__file__).resolve().parents[2]
_IN_PAGES = re.compile(r'(?:src|href|srcset)="/static/([^"?#]+)')
_IN_SHEETS = re.compile(r'url\("?(?!data:)([^")]+)"?\)')


@pytest.fixture
def shopper() -> Client:
    open_market()
    return Shopper()


@pytest.fixture
def plain(settings: Settings) -> Iterator[None]:
    """A shop of another name, without the owner's folders."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = []
    settings.TEMPLATES = templates
    settings.STATICFILES_DIRS = []
    finders.get_finder.cache_clear()
    rename(settings, "Zweig & Salz")
    yield
    finders.get_finder.cache_clear()


def rename(settings: Settings, name: str) -> None:
    shop = deepcopy(settings.SHOP)
    shop["BRAND"]["NAME"] = shop["BRAND"]["SELLER"]["NAME"] = name
    settings.SHOP = shop


def missing(page: str) -> set[str]:
    """The files that a page asks the shop for, or its style sheets do, and that are not there."""
    asked = set(_IN_PAGES.findall(page))
    lost = {name for name in asked if not finders.find(name)}
    for name in asked - lost:
        if name.endswith(".css"):
            sheet = Path(str(finders.find(name)))
            folder = Path(name).parent
            for url in _IN_SHEETS.findall(sheet.read_text()):
                target = Path("/", folder, url).resolve().relative_to("/").as_posix()
                if not finders.find(target):
                    lost.add(f"{name}: {url}")
    return lost


def pages_of(shopper: Client) -> dict[str, str]:
    """What a shopper sees on the way from the door to the button."""
    fill_cart(shopper)
    # Who makes the goods is the catalogue's, and no matter of whose shop it is.
    Brand.objects.update(name="A maker")
    product = f"/p/{Product.objects.get().slug}/"
    found = {path: shopper.get(path) for path in ("/", product, "/search/", "/cart/", "/checkout/")}
    found["total"] = shopper.post("/checkout/", FORM)
    assert {path: one.status_code for path, one in found.items()} == dict.fromkeys(found, 200)
    pages = {path: one.content.decode() for path, one in found.items()}
    pages["outage"] = render_to_string("storefront/outage.html")
    return pages


class TestWithTheOwnersFolders:
    def test_pages_ask_for_nothing_that_is_not_there(self, shopper: Client) -> None:
        pages = pages_of(shopper)

        assert {path: missing(page) for path, page in pages.items() if missing(page)} == {}
        assert "storefront/brand/hero.webp" in pages["/"]
        assert "storefront/css/brand.css" in pages["/"]
        assert "Alder &amp; Brine" in pages["total"]

    def test_no_end_of_a_file_of_theirs_gets_into_a_value(self, shopper: Client) -> None:
        """A file ends with a line's end; the description and the title that search engines show do not."""
        page = shopper.get("/").content.decode()

        assert re.search(r'name="description"\s+content="Soaps, [^"\n]+ mended\."', page)
        assert re.search(r"<title>[^<\n]+ · Cleaning made well</title>", page)

    def test_that_are_missed_are_noticed(self, shopper: Client) -> None:
        page = '<img src="/static/storefront/brand/nothing.svg"><link href="/static/storefront/css/base.css">'

        assert missing(page) == {"storefront/brand/nothing.svg"}


@pytest.mark.usefixtures("plain")
class TestWithoutTheOwnersFolders:
    def test_pages_ask_for_nothing_that_is_not_there(self, shopper: Client) -> None:
        assert engines["django"].engine.dirs == []
        pages = pages_of(shopper)

        assert {path: missing(page) for path, page in pages.items() if missing(page)} == {}
        assert len(set(_IN_PAGES.findall(pages["/"]))) >= 7
        for page in pages.values():
            assert "storefront/brand/" not in page
            assert "storefront/fonts/" not in page
            assert "alder" not in page.lower()
            assert "Zweig &amp; Salz</title>" in page or "<title>Zweig &amp; Salz" in page

    def test_the_name_stands_where_the_logo_was(self, shopper: Client) -> None:
        page = shopper.get("/").content.decode()

        assert '<span class="header__name">Zweig &amp; Salz</span>' in page
        assert "<h1>Zweig &amp; Salz</h1>" in page

    def test_mails_bear_the_name(self, shopper: Client) -> None:
        make_order(lines={stock_variant().sku: 1})
        relay()
        relay()

        message = Message.objects.get(kind="order_received")
        assert "Zweig &amp; Salz" in message.html
        assert "alder" not in (message.html + message.text + message.subject).lower()
        assert 'src="' not in message.html

    def test_links_that_prove_an_address_bear_the_name(self, shopper: Client) -> None:
        shopper.post("/account/sign-up/", {"email": "new@example.com"})
        relay()
        relay()

        assert [one.subject for one in mail.outbox] == ["Your account at Zweig & Salz"]
