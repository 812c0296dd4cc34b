"""The shopper's pages over HTTP: what they show, what they cost, and how they hold in an outage."""

import html
import re
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.accounts.services import register_customer, save_address
from apps.checkout.selectors import status_key_of
from apps.core.models import new_id
from apps.events.services import publish
from apps.orders.models import Order
from apps.orders.services import transitions
from apps.payments.events import PaymentReviewRequired
from apps.pricing.models import Market
from apps.storefront.views import catalogue
from tests.checkout.shoppers import adjust_quotes
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.identifiers import ODD_SKUS
from tests.factories.orders import LONDON, adjustment, make_order, make_order_on_account
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import open_market, stock_variant
from tests.pages import Shopper, squeezed
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db

MOST_QUERIES = 10
PASSWORD = "fresh-linen-41"
FORM = {
    "email": "ada@example.com",
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "postcode": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
    "shipping_method": "standard",
}


@pytest.fixture(autouse=True)
def _market() -> None:
    open_market()


@pytest.fixture
def shopper() -> Client:
    """A browser that sends what browsers send."""
    return Shopper()


@pytest.fixture
def customer() -> User:
    return register_customer(
        email="ada@example.com", password=PASSWORD, name="Ada Byron", language="en"
    )


def fill_cart(shopper: Client, *, lines: int = 1, quantity: int = 2) -> list[str]:
    """Put so many variants into the cart; returns their SKUs."""
    skus = [stock_variant(price="4.20").sku for _ in range(lines)]
    for sku in skus:
        answer = shopper.post("/cart/add/", {"sku": sku, "quantity": quantity})
        assert answer.status_code == 302
    return skus


def ask_for_total(shopper: Client) -> str:
    """The quote's document, from the page that shows the total."""
    page = shopper.post("/checkout/", FORM).content.decode()
    found = re.search(r'name="quote" value="([^"]+)"', page)
    assert found, page
    return found[1]


class TestQueries:
    """No page asks the database more than ten times, whatever stands on it."""

    @pytest.fixture(autouse=True)
    def _shelves(self) -> None:
        kitchen = CategoryFactory.create(name="Kitchen", slug="kitchen")
        shelf = CategoryFactory.create(name="Washing-up", slug="washing-up", parent=kitchen)
        for number in range(5):
            product = ProductFactory.create(category=shelf, slug=f"soap-{number}")
            stock_variant(product=product, options={"size": "1 l"})
            stock_variant(product=product, options={"size": "5 l"}, price="19.00")

    @pytest.mark.parametrize(
        "path", ["/", "/c/kitchen/", "/c/washing-up/", "/p/soap-0/", "/search/?q=pine+soap"]
    )
    def test_of_browsing(
        self,
        shopper: Client,
        path: str,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        with django_assert_max_num_queries(MOST_QUERIES):
            assert shopper.get(path).status_code == 200

    def test_of_a_cart_with_five_lines(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        fill_cart(shopper, lines=5)

        with django_assert_max_num_queries(MOST_QUERIES):
            page = shopper.get("/cart/")

        assert page.content.decode().count('class="line"') == 5

    def test_of_a_changed_cart(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        [*_, sku] = fill_cart(shopper, lines=5)

        with django_assert_max_num_queries(MOST_QUERIES):
            page = shopper.post(
                "/cart/change/", {"sku": sku, "quantity": 3}, headers={"HX-Request": "true"}
            )

        assert "£46.20" in page.content.decode()

    def test_of_the_checkout(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        fill_cart(shopper, lines=5)

        with django_assert_max_num_queries(MOST_QUERIES):
            assert shopper.get("/checkout/").status_code == 200

    def test_of_the_total(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        fill_cart(shopper, lines=5)

        with django_assert_max_num_queries(MOST_QUERIES):
            assert "Pay £45.95" in shopper.post("/checkout/", FORM).content.decode()

    def test_of_the_total_for_a_customer(
        self,
        shopper: Client,
        customer: User,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        shopper.force_login(customer)
        fill_cart(shopper, lines=5)

        with django_assert_max_num_queries(MOST_QUERIES):
            assert "Pay £45.95" in shopper.post("/checkout/", FORM).content.decode()

    def test_of_a_total_with_adjustments(
        self,
        shopper: Client,
        monkeypatch: pytest.MonkeyPatch,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        fill_cart(shopper)
        assert "Summer sale" not in shopper.post("/checkout/", FORM).content.decode()
        adjust_quotes(monkeypatch, adjustments=[adjustment(-100)])

        with django_assert_max_num_queries(MOST_QUERIES):
            total = shopper.post("/checkout/", FORM).content.decode()

        shown = re.findall(r"<dt>([^<]+).*?<dd[^>]*>\s*(\S+)\s*</dd>", total, re.DOTALL)
        assert [(name.strip(), amount) for name, amount in shown] == [
            ("Goods", "£8.40"),
            ("Delivery", "£3.95"),
            ("Summer sale", "−£1.00"),
            ("Total", "£11.35"),
            ("of which tax", "£1.89"),
        ]

    def test_of_an_order_with_adjustments(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        plain = make_order(lines={stock_variant().sku: 2})
        order_id = make_order(lines={stock_variant().sku: 2}, adjustments=[adjustment(-100)])

        with django_assert_max_num_queries(MOST_QUERIES + 1):
            page = shopper.get(f"/orders/{order_id}/{status_key_of(order_id)}/").content.decode()

        assert re.search(r"<span>Summer sale</span>\s*<span class=\"amount\">−£1.00</span>", page)
        bare = shopper.get(f"/orders/{plain}/{status_key_of(plain)}/").content.decode()
        assert bare.count("status__total") == 1

    def test_of_a_total_that_is_refused(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        fill_cart(shopper, lines=5, quantity=101)

        with django_assert_max_num_queries(MOST_QUERIES):
            assert shopper.post("/checkout/", FORM).status_code == 409

    def test_of_the_order_status(
        self, shopper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        order_id = make_order(lines={stock_variant().sku: 1})

        with django_assert_max_num_queries(MOST_QUERIES):
            page = shopper.get(f"/orders/{order_id}/{status_key_of(order_id)}/")

        assert "Thank you. It is paid." in page.content.decode()

    def test_of_the_account(
        self,
        shopper: Client,
        customer: User,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        shopper.force_login(customer)
        save_address(customer_id=customer.pk, address=LONDON)
        for _ in range(3):
            make_order(lines={stock_variant().sku: 1}, customer_id=customer.pk)

        with django_assert_max_num_queries(MOST_QUERIES):
            page = shopper.get("/account/").content.decode()

        assert page.count('class="order"') == 3


class TestPlacing:
    def test_asks_no_database_and_the_order_becomes_paid(
        self,
        shopper: Client,
        queues: Queues,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        fill_cart(shopper)
        document = ask_for_total(shopper)

        with django_assert_num_queries(0):
            answer = shopper.post(
                "/checkout/place/", {"quote": document, "payment_method": "fake:tok_success"}
            )

        assert answer.status_code == 302
        assert "We have it" in shopper.get(answer["Location"]).content.decode()
        queues.run_all()
        assert "Thank you. It is paid." in shopper.get(answer["Location"]).content.decode()
        assert Order.objects.get().status == "paid"

    def test_that_is_refused_keeps_the_total_at_hand(
        self, shopper: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill_cart(shopper)
        document = ask_for_total(shopper)
        with override_settings(GUEST_ORDERS_PER_MINUTE=0):
            answer = shopper.post(
                "/checkout/place/", {"quote": document, "payment_method": "fake:tok_success"}
            )

        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        page = answer.content.decode()
        assert f'name="quote" value="{document}"' in page
        assert "Try again" in page

    def test_after_the_expiry_leads_to_the_order_that_there_may_be(
        self, shopper: Client, queues: Queues, time_machine
    ) -> None:
        fill_cart(shopper)
        order = {"quote": ask_for_total(shopper), "payment_method": "fake:tok_success"}
        shopper.post("/checkout/place/", order)
        time_machine.move_to(timezone.now() + timedelta(hours=2))

        refused = shopper.post("/checkout/place/", order)
        (address,) = re.findall(r'href="([^"]+if_placed=1)"', refused.content.decode())

        assert refused.status_code == 409
        assert shopper.get(address).status_code == 404
        queues.run("orders")
        assert "Thank you. It is paid." in shopper.get(address).content.decode()

    def test_of_a_changed_quote_is_refused(self, shopper: Client) -> None:
        fill_cart(shopper)
        document = ask_for_total(shopper)

        answer = shopper.post(
            "/checkout/place/", {"quote": document + "x", "payment_method": "fake:tok_success"}
        )

        assert answer.status_code == 400
        assert "Ask for a new total" in answer.content.decode()


class TestOrderStatus:
    def test_without_a_row_is_accepted(self, shopper: Client) -> None:
        order_id = new_id()

        page = shopper.get(f"/orders/{order_id}/{status_key_of(order_id)}/")

        assert page.status_code == 200
        assert 'data-status="accepted"' in page.content.decode()

    def test_is_not_for_those_without_the_key(self, shopper: Client) -> None:
        assert shopper.get(f"/orders/{new_id()}/{status_key_of(new_id())}/").status_code == 404

    def test_asked_by_a_script_answers_only_what_is_new(self, shopper: Client) -> None:
        order_id = new_id()
        address = f"/orders/{order_id}/{status_key_of(order_id)}/"
        script = {"HX-Request": "true"}

        assert shopper.get(f"{address}?seen=accepted-0", headers=script).status_code == 204
        fragment = shopper.get(f"{address}?seen=other", headers=script).content.decode()
        assert fragment.lstrip().startswith("<section")

    @pytest.mark.parametrize(
        ("token", "words"),
        [
            ("tok_decline", "The payment was declined"),
            ("tok_3ds", "Go to the payment page"),
        ],
    )
    def test_says_what_happened(self, shopper: Client, token: str, words: str) -> None:
        order_id = make_order(lines={stock_variant().sku: 1}, token=token)

        assert words in self.page(shopper, order_id)

    def page(self, shopper: Client, order_id: UUID) -> str:
        return shopper.get(f"/orders/{order_id}/{status_key_of(order_id)}/").content.decode()

    def test_of_an_order_that_sold_out_after_it_was_paid_says_that_money_comes_back(
        self, shopper: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transitions, "keep_reservation", lambda **_: False)

        page = self.page(shopper, make_order(lines={stock_variant().sku: 1}))

        assert "What you paid is on its way back to you" in page
        assert "Nothing was charged" not in page

    def test_of_an_order_on_account_speaks_of_no_bank(self, shopper: Client) -> None:
        paid, refused = (
            self.page(
                shopper,
                make_order_on_account(lines={stock_variant().sku: 1}, limit_minor=limit),
            )
            for limit in (50_000, 1)
        )

        assert "Thank you. It is on your account." in paid
        assert "Entered on your account" in paid
        assert "Your account does not cover this order" in refused
        # The other ways to pay name their banks.
        for page in (paid, refused.partition('class="sheet due"')[0]):
            assert not [one for one in ("It is paid", "bank", "Paid<", "charged") if one in page]

    @pytest.mark.parametrize(
        ("told", "refresh"),
        [((), 'content="30"'), (("shipped",), ""), (("shipped", "delivered"), "")],
    )
    def test_without_scripts_asks_again_only_while_somebody_waits(
        self, shopper: Client, told: tuple[str, ...], refresh: str
    ) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})
        for status in told:
            tell(shipment, status)

        page = squeezed(self.page(shopper, shipment.order_id))
        found = re.search(r'http-equiv="refresh" (content="\d+")', page)

        assert (found[1] if found else "") == refresh

    def test_tells_only_what_has_words(self, shopper: Client) -> None:
        order_id = make_order(lines={stock_variant().sku: 1})
        with transaction.atomic():
            publish(PaymentReviewRequired(payment_id="1", reference=str(order_id)))

        page = squeezed(self.page(shopper, order_id))

        assert page.count("<li><time") == 3
        assert ".v1" not in page

    def test_asks_no_database_that_does_not_answer(
        self, shopper: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order_id = make_order(lines={stock_variant().sku: 1})

        def fail(*_: object, **__: object) -> None:
            raise OperationalError

        monkeypatch.setattr(CursorWrapper, "execute", fail)

        assert "We have it" in self.page(shopper, order_id)


class TestOutage:
    def test_is_a_plain_page_with_retry_after(
        self, shopper: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OperationalError

        monkeypatch.setattr(catalogue, "markets_of", fail)

        page = shopper.get("/")

        assert page.status_code == 503
        assert page["Retry-After"] == "10"
        assert "Back in a moment" in page.content.decode()


@pytest.mark.parametrize("path", ["/", "/cart/", "/search/?q=soap", "/checkout/"])
@pytest.mark.django_db
def test_a_shop_without_a_market_opens_soon(shopper: Client, path: str) -> None:
    Market.objects.all().delete()

    page = shopper.get(path)

    assert page.status_code == 503
    assert page["Retry-After"] == "3600"
    assert "Opening soon" in page.content.decode()


class TestForeignPosts:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "https://testserver"},
            {"Origin": "ftp://testserver"},
            {},
        ],
    )
    def test_are_refused(self, headers: dict[str, str]) -> None:
        assert Client(headers=headers).post("/gb/en/cart/add/", {"sku": "any"}).status_code == 403

    @pytest.mark.django_db
    def test_to_the_api_are_no_matter_of_origin_on_whichever_prefix(self) -> None:
        assert Client(SCRIPT_NAME="/dev").post("/api/v1/carts/").status_code == 201
        assert Client(SCRIPT_NAME="/dev").post("/gb/en/cart/add/").status_code == 403

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}]
    )
    def test_but_not_the_own(self, headers: dict[str, str]) -> None:
        assert Client(headers=headers).post("/gb/en/choose/").status_code == 302


class TestCart:
    @pytest.mark.parametrize("quantity", ["-1", "many", "10000", "1.5", ""])
    def test_refuses_a_bad_quantity_with_words(self, shopper: Client, quantity: str) -> None:
        [sku] = fill_cart(shopper)

        page = shopper.post("/cart/change/", {"sku": sku, "quantity": quantity})

        assert page.status_code == 400
        assert "The quantity must be a whole number" in page.content.decode()
        assert "£8.40" in page.content.decode()

    @pytest.mark.parametrize("sku", ODD_SKUS)
    def test_leads_back_to_the_variant_that_is_in_it(self, shopper: Client, sku: str) -> None:
        stock_variant(price="4.20", sku=sku)
        shopper.post("/cart/add/", {"sku": sku, "quantity": 1})

        page = squeezed(shopper.get("/cart/").content.decode())

        found = re.search(r'class="line__name"><a href="[^"?]+\?([^"]+)"', page)
        assert found
        assert parse_qs(html.unescape(found[1])) == {"sku": [sku]}

    def test_offers_to_bring_back_what_was_removed(self, shopper: Client) -> None:
        [sku] = fill_cart(shopper)

        page = shopper.post(
            "/cart/change/", {"sku": sku, "quantity": 0, "previous": 2}, follow=True
        ).content.decode()

        assert "Put it back" in page
        assert "Nothing in here yet" in page

    def test_of_a_guest_comes_along_at_log_in(self, shopper: Client, customer: User) -> None:
        fill_cart(shopper)

        answer = shopper.post(
            "/account/log-in/", {"username": customer.email, "password": PASSWORD}
        )

        assert answer.status_code == 302
        assert "£8.40" in shopper.get("/cart/").content.decode()

    def test_that_is_empty_sends_the_checkout_back(self, shopper: Client) -> None:
        assert shopper.get("/checkout/")["Location"] == "/gb/en/cart/"

    def test_tells_the_header_how_many_are_in_it(self, shopper: Client) -> None:
        fill_cart(shopper, lines=2)

        assert shopper.get("/cart/").cookies["cart_count"].value == "4"


class TestCheckout:
    def test_says_beside_the_field_and_above_what_is_wrong(self, shopper: Client) -> None:
        fill_cart(shopper)

        page = shopper.post("/checkout/", {**FORM, "postcode": "nowhere", "email": ""})

        assert page.status_code == 422
        text = page.content.decode()
        assert 'id="id_postcode_error"' in text
        assert 'aria-describedby="id_postcode_error"' in text
        assert 'href="#id_email"' in text
        assert 'role="alert"' in text

    def test_can_be_gone_over_again(self, shopper: Client) -> None:
        fill_cart(shopper)

        page = shopper.post("/checkout/", {**FORM, "change": "1"})

        assert page.status_code == 200
        text = page.content.decode()
        assert 'value="Ada Byron"' in text
        assert "Show the total" in text

    def test_says_what_a_country_needs_and_how_it_is_written(self, shopper: Client) -> None:
        Market.objects.update(countries=["GB", "US"])
        fill_cart(shopper)
        american = {**FORM, "country": "US", "postcode": "1000", "city": "New York"}

        page = squeezed(shopper.post("/checkout/", american).content.decode())

        assert '<span class="field__label">ZIP code</span>' in page
        assert (
            '<span class="field__label">State</span><span class="field__optional" hidden>' in page
        )
        assert "It is written like this: 95014" in page
        assert 'data-needed-in="US"' in page
        assert (
            "&quot;GB&quot;: &quot;County&quot;" in page
            or "&quot;US&quot;: &quot;State&quot;" in page
        )

    @pytest.mark.parametrize("name", ["Ada\u2028Byron", "see www.evil.example"])
    def test_passes_on_no_words_of_an_attacker(self, shopper: Client, name: str) -> None:
        fill_cart(shopper)

        page = shopper.post("/checkout/", {**FORM, "name": name})

        assert page.status_code == 422
        assert 'id="id_name_error"' in page.content.decode()

    def test_says_why_no_mail_reaches_an_address(self, shopper: Client) -> None:
        fill_cart(shopper)

        refused = shopper.post("/checkout/", {**FORM, "email": "jörg@example.com"})

        assert "Before the @ we can write" in refused.content.decode()
        assert shopper.post("/checkout/", {**FORM, "email": "a@bücher.example"}).status_code == 200

    @pytest.mark.parametrize("choice", [{"language": "de"}, {"market": "eu"}])
    def test_loses_nothing_typed_when_language_or_market_change(
        self, shopper: Client, choice: dict[str, str]
    ) -> None:
        open_market(code="eu", currency="EUR", country="DE")
        fill_cart(shopper)
        half = {**FORM, "postcode": "", "city": "Q<b>", "phone": "030 1", **choice, "typed": "1"}

        answer = shopper.post("/choose/", {**half, "next": "https://evil.example/"}, follow=True)

        page = answer.content.decode()
        market, language = choice.get("market", "gb"), choice.get("language", "en")
        assert answer.redirect_chain == [(f"/{market}/{language}/checkout/", 307)]
        assert answer.status_code == 200
        assert 'value="Ada Byron"' in page
        assert 'value="Q&lt;b&gt;"' in page
        assert 'value="030 1"' in page
        assert 'role="alert"' not in page
        assert ('<html lang="de" dir="ltr">' in page) is (choice == {"language": "de"})

    def test_sends_its_form_along_with_a_choice(self, shopper: Client) -> None:
        fill_cart(shopper)

        for page in (shopper.get("/checkout/"), shopper.post("/checkout/", FORM)):
            text = page.content.decode()
            assert 'id="typed"' in text
            assert text.count('form="typed" formaction="/gb/en/choose/"') == 1 + len(
                settings.LANGUAGES
            )

    def test_after_the_expiry_asks_for_a_new_total_with_all_that_was_typed(
        self, shopper: Client, time_machine
    ) -> None:
        fill_cart(shopper)
        order = {"quote": ask_for_total(shopper), "payment_method": "fake:tok_success"}
        time_machine.move_to(timezone.now() + timedelta(hours=2))

        refused = squeezed(shopper.post("/checkout/place/", order).content.decode())
        form = re.search(r'<form action="/gb/en/checkout/" method="post">(.*?)</form>', refused)
        assert form
        typed = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
        page = shopper.post(
            "/checkout/", {name: html.unescape(value) for name, value in typed.items()}
        )

        assert page.status_code == 200
        assert "Pay £12.35" in page.content.decode()

    def test_of_another_persons_total_gives_nothing_away(self, shopper: Client) -> None:
        fill_cart(shopper)
        order = {"quote": ask_for_total(shopper), "payment_method": "fake:tok_success"}
        stranger = Shopper()

        refused = stranger.post("/checkout/place/", order)

        assert refused.status_code == 403
        assert "Ada Byron" not in refused.content.decode()

    def test_of_what_sold_out_meanwhile_names_the_line(self, shopper: Client) -> None:
        fill_cart(shopper, quantity=101)

        page = shopper.post("/checkout/", FORM)

        assert page.status_code == 409
        assert "These are the lines in question" in page.content.decode()


class TestChoices:
    def test_of_a_market_change_the_currency(self, shopper: Client) -> None:
        open_market(code="eu", currency="EUR", country="DE")
        product = ProductFactory.create(slug="soap")
        stock_variant(product=product, currency="EUR", price="5.10")

        answer = shopper.post("/choose/", {"market": "eu", "next": "/gb/en/p/soap/?sku=a%20b"})

        assert answer["Location"] == "/eu/en/p/soap/?sku=a%20b"
        assert "€5.10" in shopper.get(answer["Location"]).content.decode()

    def test_of_a_language_translate_the_page(self, shopper: Client) -> None:
        fill_cart(shopper)
        answer = shopper.post("/choose/", {"language": "de", "next": "/gb/en/cart/"})

        page = shopper.get(answer["Location"]).content.decode()

        assert '<html lang="de" dir="ltr">' in page
        assert "Ihr Warenkorb" in page
        assert "8,40\N{NO-BREAK SPACE}£" in page

    def test_is_noted_for_https_alone_where_that_is_spoken(self, shopper: Client) -> None:
        choice = {"market": "eu", "language": "de"}

        safe = shopper.post("/choose/", choice, secure=True).cookies
        plain = shopper.post("/choose/", choice).cookies

        assert {name: bool(cookie["secure"]) for name, cookie in safe.items()} == {
            "market": True,
            "django_language": True,
        }
        assert not any(cookie["secure"] for cookie in plain.values())

    def test_never_lead_away_from_the_shop(self, shopper: Client) -> None:
        answer = shopper.post("/choose/", {"next": "https://elsewhere.example/gb/en/"})

        assert answer["Location"] == "/gb/en/"

    def test_of_what_is_not_offered_leave_the_shopper_where_he_is(self, shopper: Client) -> None:
        choice = {"market": "mars", "language": "tlh", "next": "/gb/en/cart/"}

        assert shopper.post("/choose/", choice)["Location"] == "/gb/en/cart/"


class TestEveryPage:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/search/",
            "/search/?q=none+such",
            "/cart/",
            "/account/log-in/",
            "/account/sign-up/",
            "/account/password/",
            "/account/password/sent/",
            "/account/password/a/b-c/",
            "/not-there/",
        ],
    )
    def test_has_one_heading_and_no_inline_code(self, shopper: Client, path: str) -> None:
        text = shopper.get(path).content.decode()

        assert text.count("<h1") == 1
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*(\ssrc=|ld\+json))", text)

    def test_is_the_same_for_everybody(self, shopper: Client, customer: User) -> None:
        stock_variant(product=ProductFactory.create(slug="soap"))
        for path in ("/", "/p/soap/", "/search/"):
            anonymous = Shopper().get(path).content
            shopper.force_login(customer)
            assert shopper.get(path).content == anonymous, path

    def test_of_a_product_describes_it_to_machines(self, shopper: Client) -> None:
        product = ProductFactory.create(slug="soap", name="Soap </script> & more")
        stock_variant(product=product)

        text = shopper.get("/p/soap/").content.decode()

        assert '"@type": "Product"' in text
        assert "Soap \\u003C/script\\u003E \\u0026 more" in text


class TestAccount:
    def test_is_opened_by_a_link_in_a_mail_and_kept(
        self, shopper: Client, mailoutbox: list
    ) -> None:
        fields = {"email": "new@example.com", "name": "New"}
        shopper.post("/account/sign-up/", fields)
        relay()
        [link] = re.findall(r"http://127.0.0.1:\d+(\S+)", mailoutbox[0].body)

        weak = shopper.post(link, {"password": "x" * 129})
        opened = shopper.post(link, {"password": PASSWORD})
        again = Client(HTTP_ORIGIN="http://testserver").post(
            shopper.at(link), {"password": PASSWORD}
        )

        assert "at most 128 characters" in weak.text
        assert opened["Location"] == "/gb/en/account/"
        assert "used already" in again.text
        page = shopper.get("/account/")
        assert "new@example.com" in page.content.decode()
        assert "no-store" in page["Cache-Control"]

    def test_keeps_addresses(self, shopper: Client, customer: User) -> None:
        shopper.force_login(customer)

        assert shopper.post("/account/addresses/add/", FORM).status_code == 302
        assert "12 St James&#x27;s Square" in shopper.get("/account/").content.decode()
        address = customer.addresses.get()
        shopper.post(f"/account/addresses/{address.pk}/delete/")
        assert not customer.addresses.exists()

    def test_gets_a_new_password_by_mail(
        self, shopper: Client, customer: User, mailoutbox: list
    ) -> None:
        shopper.post("/account/password/", {"email": customer.email})
        relay()

        [mail] = mailoutbox
        assert mail.subject == "A new password for Alder & Brine"
        [link] = re.findall(r"http://127.0.0.1:\d+(\S+)", mail.body)
        form = shopper.get(link, follow=True)
        answer = shopper.post(
            form.redirect_chain[-1][0],
            {"new_password1": "salt-and-linen-7", "new_password2": "salt-and-linen-7"},
        )
        assert answer["Location"] == "/gb/en/account/log-in/"
        assert Client().login(username=customer.email, password="salt-and-linen-7")


class TestWhoHasAnAccount:
    """Whoever asks is told nothing; the owner of the address is."""

    @pytest.mark.parametrize("path", ["/account/sign-up/", "/account/password/"])
    def test_is_not_told_by_a_page(self, shopper: Client, customer: User, path: str) -> None:
        answers, asked = [], []
        for email in (customer.email, "nobody@example.com"):
            with CaptureQueriesContext(connection) as queries:
                answer = shopper.post(path, {"email": email})
            answers.append((answer.status_code, answer["Location"], answer.content))
            asked.append([one["sql"].split()[0] for one in queries])

        assert answers[0] == answers[1]
        assert asked[0] == asked[1]

    @pytest.mark.parametrize(
        ("path", "email", "says"),
        [
            ("/account/sign-up/", "ada@example.com", "You have one already"),
            ("/account/sign-up/", "nobody@example.com", "/account/open/"),
            ("/account/password/", "ada@example.com", "asked for a new password"),
            ("/account/password/", "nobody@example.com", ""),
        ],
    )
    def test_is_told_by_mail_alone(
        self,
        shopper: Client,
        customer: User,
        mailoutbox: list,
        path: str,
        email: str,
        says: str,
    ) -> None:
        shopper.post(path, {"email": email, "name": "Your account is locked, see evil.example"})
        assert mailoutbox == []
        relay()

        assert [says in mail.body for mail in mailoutbox] == [True] * bool(says)
        assert all("evil" not in mail.body and mail.to == [email] for mail in mailoutbox)

    def test_hears_of_it_five_times_an_hour(self, shopper: Client, customer: User) -> None:
        tries = ["ada@example.com", "ADA@example.com"] * 3
        statuses = [shopper.post("/account/password/", {"email": one}).status_code for one in tries]

        assert statuses == [302] * 5 + [429]


def test_cookies_of_the_guest_are_signed(shopper: Client) -> None:
    fill_cart(shopper)

    guest: SimpleCookie = shopper.cookies
    assert guest["guest"]["httponly"]
    shopper.cookies["guest"] = "forged"
    assert "Nothing in here yet" in shopper.get("/cart/").content.decode()


class TestAnAdditionThatIsSentTwice:
    def test_adds_once_under_its_key(self, shopper: Client) -> None:
        sku = stock_variant().sku
        for _ in range(2):
            shopper.post("/cart/add/", {"sku": sku, "quantity": "2", "key": "abc"})

        assert shopper.get("/cart/").context["cart"].count == 2

    def test_has_a_field_for_the_key_on_the_page(self, shopper: Client) -> None:
        product = stock_variant().product

        page = shopper.get(f"/p/{product.slug}/").content.decode()
        assert '<input type="hidden" name="key" data-once>' in page
