"""A first visit from another country: its words, its money, from the search to the mail that confirms."""

import re
from html import unescape
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.catalog.models import Product
from apps.orders.models import Order
from apps.pricing.models import Market, Price, TaxRate
from apps.shipping.models import Method, Rate, Zone
from apps.translations.models import Text
from examples.catalogue import load
from examples.catalogue.records import read
from tests.queues import Queues
from tests.relays import relay

pytestmark = [pytest.mark.django_db(transaction=True)]

_ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Beispiel",
    "line1": "Unter den Linden 1",
    "postcode": "10117",
    "city": "Berlin",
}


@pytest.fixture
def demo() -> None:
    """The demo's catalogue, with all that is said of it in other languages."""
    load.load_catalogue(read())
    load.load_translations()


def first_visit(browser: Browser, server: LiveServer, *, language: str, country: str) -> Page:
    """A browser that was never here, as the edge sees it."""
    context = browser.new_context(
        base_url=server.url,
        locale=language,
        extra_http_headers={"CloudFront-Viewer-Country": country},
    )
    context.set_default_timeout(15_000)
    return context.new_page()


class Reader:
    """Whoever reads along, and knows what the catalogue says in English."""

    def __init__(self, language: str) -> None:
        texts = Text.objects.filter(language=language).exclude(text="")
        self.english = {
            one.source
            for one in texts
            if one.source != one.text and len(one.source) > 6 and one.field != "promise"
        }
        self.read = 0

    def check(self, text: str, *, where: str) -> None:
        """Nothing of what is sold is called as it is in English, and nothing costs pounds."""
        self.read += 1
        words = " ".join(text.split())
        found = {one for one in self.english if re.search(rf"\b{re.escape(one)}\b", words)}
        assert found == set(), f"{where}: {sorted(found)[:5]}"
        assert "£" not in words, where

    def check_page(self, page: Page) -> None:
        """All that is to be seen and heard, but for what is marked as another language."""
        text = page.evaluate(
            """() => {
              const copy = document.body.cloneNode(true);
              const here = document.documentElement.lang;
              for (const one of copy.querySelectorAll('[lang]')) if (one.lang !== here) one.remove();
              const heard = [...copy.querySelectorAll('[alt],[aria-label],[title]')].flatMap(
                (one) => [one.alt, one.ariaLabel, one.title]);
              return [document.title, copy.textContent, ...heard].join(' ');
            }"""
        )
        self.check(text, where=page.url)


def buy(page: Page, reader: Reader, *, words: str, queues: Queues, country: str) -> Order:
    """Search, choose, and order what is found first; every page is read."""
    page.goto("/")
    reader.check_page(page)
    page.locator("#finder").fill(words)
    page.locator("#finder").press("Enter")
    reader.check_page(page)
    page.locator(".card__name a").first.click()
    reader.check_page(page)
    page.locator(".button--buy").click()
    page.wait_for_url("**/cart/")
    reader.check_page(page)
    page.goto(page.url.replace("/cart/", "/checkout/"))
    reader.check_page(page)
    assert page.locator("[name=country]").input_value() == country
    for name, value in _ADDRESS.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("[name=quote]").first).to_be_attached()
    reader.check_page(page)
    page.locator("[name=payment_method][value='fake:tok_success']").check()
    page.locator("main .button--buy").last.click()
    page.wait_for_url("**/orders/**")
    reader.check_page(page)
    for _ in range(3):
        relay()
        queues.run_all()
    page.reload()
    reader.check_page(page)
    return Order.objects.get()


def mails() -> list[str]:
    """Subject and both bodies of every mail that was written."""
    return [
        "\n".join(
            [
                one.subject,
                one.body,
                *(unescape(body) for body, _ in getattr(one, "alternatives", [])),
            ]
        )
        for one in mail.outbox
    ]


@pytest.mark.usefixtures("demo")
class TestAFirstVisit:
    def test_from_germany_is_in_german_and_euros(
        self, browser: Browser, live_server: LiveServer, queues: Queues
    ) -> None:
        page = first_visit(browser, live_server, language="de-DE", country="DE")
        reader = Reader("de")

        order = buy(page, reader, words="Spülmittel", queues=queues, country="DE")

        assert "/eu/de/orders/" in page.url
        assert page.locator("html").get_attribute("lang") == "de"
        assert (order.market, order.language, order.currency) == ("eu", "de", "EUR")
        assert page.locator("main [lang=en]").count() == 0
        for text in mails():
            reader.check(text, where="mail")
            assert "€" in text or "EUR" in text or "Bestellung" in text
        assert reader.read >= 9
        assert mails()

    def test_in_arabic_is_written_from_right_to_left(
        self, browser: Browser, live_server: LiveServer, queues: Queues
    ) -> None:
        page = first_visit(browser, live_server, language="ar", country="DE")
        reader = Reader("ar")

        order = buy(page, reader, words="صحون", queues=queues, country="DE")

        assert page.locator("html").get_attribute("dir") == "rtl"
        assert (order.language, order.currency) == ("ar", "EUR")
        assert re.search(r"[\u0600-\u06ff]", order.lines.get().title)
        for text in mails():
            reader.check(text, where="mail")
            assert re.search(r"[\u0600-\u06ff]", text)

    def test_from_japan_needs_data_alone(
        self, browser: Browser, live_server: LiveServer, queues: Queues
    ) -> None:
        open_japan()
        page = first_visit(browser, live_server, language="ja-JP", country="JP")

        page.goto("/")
        assert page.url.endswith("/jp/ja/")
        page.goto("/p/harbour-washing-up-liquid/")
        assert page.url.endswith("/jp/ja/p/harbour-washing-up-liquid/")
        expect(page.get_by_role("heading", level=1)).to_have_text("港の食器用洗剤")
        assert page.get_by_role("heading", level=1).get_attribute("lang") == "ja"
        assert page.locator("html").get_attribute("lang") == "en"
        expect(page.locator("[data-price]")).to_have_text("¥650")
        page.locator(".button--buy").click()
        page.goto("/jp/ja/checkout/")
        assert page.locator("[name=country]").input_value() == "JP"
        japan: dict[str, Any] = {
            "email": "ada@example.com",
            "name": "Ada",
            "line1": "1-1 Marunouchi",
            "postcode": "100-0005",
            "city": "Chiyoda-ku",
            "region": "Tokyo",
        }
        for name, value in japan.items():
            page.locator(f"[name={name}]").fill(value)
        page.locator("main form button[type=submit]").last.click()
        page.locator("[name=payment_method][value='fake:tok_success']").check()
        page.locator("main .button--buy").last.click()
        page.wait_for_url("**/orders/**")
        queues.run_all()

        order = Order.objects.get()
        assert (order.currency, order.total_minor, order.tax_minor) == ("JPY", 650 + 500, 59 + 45)
        assert order.lines.get().title == "港の食器用洗剤"


@pytest.mark.control
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("said", ["Harbour Washing-Up Liquid, 3,25 €", "Hafen-Spülmittel, £3.25"])
def test_that_is_english_or_in_pounds_is_noticed(said: str) -> None:
    with pytest.raises(AssertionError):
        Reader("de").check(said, where="here")


def open_japan() -> None:
    """A market by data alone: yen, 10 % tax in every price, and the words of one product."""
    Market.objects.create(
        code="jp",
        name="Japan",
        currency="JPY",
        tax_included=True,
        countries=["JP"],
        languages=["ja", "en"],
        position=9,
    )
    TaxRate.objects.create(country="JP", tax_class="standard", rate="0.1")
    zone = Zone.objects.create(name="Japan", countries=["JP"])
    method = Method.objects.create(zone=zone, code="standard", name="Standard")
    Rate.objects.create(method=method, currency="JPY", max_weight_grams=30_000, price_minor=500)
    product = Product.objects.get(slug="harbour-washing-up-liquid")
    product.translations["ja"] = {"name": "港の食器用洗剤"}
    product.save()
    for variant in product.variants.all():
        Price.objects.create(variant=variant, currency="JPY", amount=650)
