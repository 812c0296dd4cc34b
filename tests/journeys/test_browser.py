"""The main job in a real browser, with scripts off and on: category → product → cart → paid."""

import pytest
from playwright.sync_api import Browser, Locator, expect
from pytest_django.live_server_helper import LiveServer

from apps.catalog.models import Category
from apps.checkout.selectors import status_key_of
from apps.orders.models import Order
from apps.payments.models import Payment, Transaction
from apps.refunds.models import RefundRequest
from apps.refunds.services import grant_refund
from tests.browser import Visitor
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.refunds import sent
from tests.factories.shop import open_market, stock_variant
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelf() -> str:
    """A shop with one product in two sizes; returns the shelf's name."""
    open_market()
    category = CategoryFactory.create(name="Floor care", slug="floor-care")
    product = ProductFactory.create(name="Pine Floor Soap", category=category)
    stock_variant(price="4.20", product=product, options={"size": "1 l"})
    stock_variant(price="19.00", product=product, options={"size": "5 l"}, on_hand=3)
    return category.name


def is_seen_whole(element: Locator) -> bool:
    """Whether nothing lies over its middle, or cuts it off."""
    return bool(
        element.evaluate(
            "it => { const { x, y, width, height } = it.getBoundingClientRect();"
            " return document.elementFromPoint(x + width / 2, y + height / 2) === it; }"
        )
    )


def visit(browser: Browser, server: LiveServer, *, scripts: bool) -> Visitor:
    context = browser.new_context(base_url=server.url, java_script_enabled=scripts)
    context.set_default_timeout(15_000)
    return Visitor(context)


def fill_cart(visitor: Visitor, *, shelf: str) -> None:
    """From the front door to a cart with the larger size in it."""
    page = visitor.page
    page.goto("/")
    page.locator("main").get_by_role("link", name=shelf).first.click()
    page.get_by_role("link", name="Pine Floor Soap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pine Floor Soap")
    page.get_by_role("radio", name="3 left").check()
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")
    expect(page.locator(".sums .amount")).to_have_text("£19.00")


def ask_for_total(visitor: Visitor) -> None:
    """From the cart to the total."""
    page = visitor.page
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Full name").fill("Ada Byron")
    page.get_by_label("Street and number").fill("12 St James's Square")
    page.get_by_label("Postcode").fill("SW1Y 4JH")
    page.get_by_label("Town or city").fill("London")
    page.get_by_role("button", name="Show the total").click()
    expect(page.get_by_role("button", name="Pay £")).to_be_visible()


class TestBuying:
    def test_works_without_scripts(
        self, browser: Browser, live_server: LiveServer, shelf: str, queues: Queues
    ) -> None:
        visitor = visit(browser, live_server, scripts=False)
        page = visitor.page
        fill_cart(visitor, shelf=shelf)
        page.get_by_role("button", name="One more of Pine Floor Soap").click()
        expect(page.locator(".sums .amount")).to_have_text("£38.00")
        page.get_by_label("Quantity of Pine Floor Soap").fill("1")
        page.get_by_role("button", name="Update").click()
        expect(page.locator(".sums .amount")).to_have_text("£19.00")

        ask_for_total(visitor)
        page.get_by_role("button", name="Pay £22.95").click()
        expect(page.get_by_role("heading", name="We have it")).to_be_visible()
        queues.run_all()

        # The page asks again by itself, which without scripts is a refresh.
        expect(page.get_by_role("heading", name="Thank you. It is paid.")).to_be_visible()
        assert Order.objects.get().status == "paid"
        assert visitor.complaints == []

    def test_works_with_scripts(
        self, browser: Browser, live_server: LiveServer, shelf: str, queues: Queues
    ) -> None:
        visitor = visit(browser, live_server, scripts=True)
        page = visitor.page
        fill_cart(visitor, shelf=shelf)
        expect(page.locator("[data-cart-count]")).to_have_text("1")
        page.get_by_role("button", name="One more of Pine Floor Soap").click()
        expect(page.locator(".sums .amount")).to_have_text("£38.00")
        expect(page.locator("[data-cart-count]")).to_have_text("2")
        expect(page.get_by_role("button", name="One more of Pine Floor Soap")).to_be_focused()
        page.get_by_role("button", name="Remove Pine Floor Soap").click()
        page.get_by_role("button", name="Put it back").click()
        expect(page.locator(".sums .amount")).to_have_text("£38.00")

        ask_for_total(visitor)
        page.get_by_role("button", name="Pay £41.95").click()
        expect(page.get_by_role("heading", name="We have it")).to_be_visible()
        address = page.url
        queues.run_all()

        expect(page.get_by_role("heading", name="Thank you. It is paid.")).to_be_visible()
        assert page.url == address
        assert page.locator("[data-cart-count]").is_hidden()
        assert Order.objects.get().status == "paid"
        assert visitor.complaints == []

    def test_asks_the_bank_when_the_bank_wants_it(
        self, browser: Browser, live_server: LiveServer, shelf: str, queues: Queues
    ) -> None:
        visitor = visit(browser, live_server, scripts=True)
        page = visitor.page
        fill_cart(visitor, shelf=shelf)
        ask_for_total(visitor)
        page.get_by_role("radio", name="Asks you first").check()
        page.get_by_role("button", name="Pay £22.95").click()
        expect(page.get_by_role("heading", name="We have it")).to_be_visible()
        queues.run_all()

        page.get_by_role("link", name="Go to the payment page").click()
        expect(page.get_by_text("£22.95")).to_be_visible()
        page.get_by_role("button", name="Agree").click()
        queues.run_all()

        expect(page.get_by_role("heading", name="Thank you. It is paid.")).to_be_visible()
        assert Order.objects.get().status == "paid"
        assert visitor.complaints == []


class TestPayingByTwoCards:
    def test_after_one_was_declined_loses_nothing_and_goes_back_to_both(
        self, browser: Browser, live_server: LiveServer, shelf: str, queues: Queues
    ) -> None:
        """A part by one card, the rest by a card that is declined, then by another; all of it is refunded."""
        visitor = visit(browser, live_server, scripts=True)
        page = visitor.page
        fill_cart(visitor, shelf=shelf)
        ask_for_total(visitor)
        page.get_by_text("Pay only a part of it this way").click()
        page.get_by_label("Amount to pay now").fill("10.00")
        page.get_by_role("button", name="Pay this part").click()
        expect(page.get_by_role("heading", name="We have it")).to_be_visible()
        address = page.url
        queues.run_all()

        expect(page.get_by_role("heading", name="£12.95 are to be paid")).to_be_visible()
        page.get_by_role("radio", name="Is declined").check()
        page.get_by_role("button", name="Pay £12.95").click()
        relay()
        expect(page.get_by_role("heading", name="The payment was declined")).to_be_visible()
        page.get_by_role("radio", name="Pays at once").check()
        page.get_by_role("button", name="Pay £12.95").click()
        relay()

        expect(page.get_by_role("heading", name="Thank you. It is paid.")).to_be_visible()
        assert page.url == address
        order = Order.objects.get()
        for reference, minor in (("first", 1100), ("second", 1195)):
            grant_refund(
                order_id=order.pk, reference=reference, actor_id=1, reason="late",
                goodwill_minor=minor,
            )  # fmt: skip
            queues.run_all()
            relay()
        payments = Payment.objects.order_by("share", "attempt")
        assert list(payments.values_list("captured_minor", "refunded_minor")) == [
            (1000, 1000),
            (0, 0),
            (1295, 1295),
        ]
        ledger = Transaction.objects.filter(kind="refund", outcome="succeeded").order_by("pk")
        assert list(ledger.values_list("payment__share", "amount_minor")) == [
            (0, 1000),
            (1, 100),
            (1, 1195),
        ]
        assert visitor.complaints == []


class TestSendingBack:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_asks_for_units_with_a_reason(
        self, browser: Browser, live_server: LiveServer, queues: Queues, scripts: bool
    ) -> None:
        open_market()
        line = sent(quantity=2)
        visitor = visit(browser, live_server, scripts=scripts)
        page = visitor.page
        page.goto(f"/orders/{line.order_id}/{status_key_of(line.order_id)}/")
        page.get_by_role("link", name="Send something back").click()
        pieces = page.get_by_label(f"Pieces: {line.title}")
        if scripts:
            for _ in range(3):
                page.get_by_role("button", name=f"One more of {line.title}").click()
            expect(pieces).to_have_value("2")
            page.get_by_role("button", name=f"One less of {line.title}").click()
        else:
            pieces.fill("1")
        page.get_by_label(f"Why: {line.title}").select_option("damaged")
        page.get_by_role("button", name="Ask to send it back").click()

        expect(page.get_by_text("Your request to send something back")).to_be_visible()
        assert RefundRequest.objects.get().lines.get().quantity == 1
        assert visitor.complaints == []


class TestFilesThatAreTooLarge:
    """AWS refuses such a request with a page of its own: the browser says so before it sends."""

    SMALL = {"name": "a.png", "mimeType": "image/png", "buffer": b"x"}
    LARGE = {"name": "b.png", "mimeType": "image/png", "buffer": b"x" * 4_000_001}
    REFUSAL = "Together the pictures may have at most 4 MB."

    def test_are_not_sent_by_a_shopper(self, browser: Browser, live_server: LiveServer) -> None:
        open_market()
        line = sent(quantity=2)
        visitor = visit(browser, live_server, scripts=True)
        page = visitor.page
        page.goto(f"/orders/{line.order_id}/{status_key_of(line.order_id)}/return/")
        page.get_by_label(f"Pieces: {line.title}").fill("1")
        page.get_by_label(f"Why: {line.title}").select_option("damaged")
        page.get_by_label("Pictures").set_input_files([self.SMALL, self.LARGE])
        expect(page.get_by_role("alert")).to_have_text(self.REFUSAL)
        page.get_by_role("button", name="Ask to send it back").click()

        expect(page.get_by_role("alert")).to_have_text(self.REFUSAL)
        expect(page.get_by_label("Pictures")).to_be_focused()
        page.get_by_label("Pictures").set_input_files([])
        expect(page.get_by_role("alert")).to_have_count(0)
        assert not RefundRequest.objects.exists()
        assert visitor.complaints == []

    def test_are_not_sent_by_the_office(self, browser: Browser, live_server: LiveServer) -> None:
        staff = UserFactory.create(is_staff=True, is_superuser=True)
        visitor = visit(browser, live_server, scripts=True)
        page = visitor.page
        page.goto("/admin/catalog/category/add/")
        page.locator("[name=username]").fill(staff.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.locator("[name=name]").fill("Floor care")
        page.locator("[name=slug]").fill("floor-care")
        page.locator("input[type=file]").set_input_files([self.LARGE])
        page.get_by_role("button", name="Save", exact=True).click()

        expect(page.get_by_role("alert")).to_have_text(self.REFUSAL)
        assert is_seen_whole(page.get_by_role("alert"))
        page.locator("input[type=file]").set_input_files([])
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was added successfully")).to_be_visible()
        assert Category.objects.get().name == "Floor care"


class TestProductPage:
    def test_shows_the_price_of_the_size_that_is_chosen(
        self, browser: Browser, live_server: LiveServer, shelf: str
    ) -> None:
        visitor = visit(browser, live_server, scripts=True)
        page = visitor.page
        page.goto("/c/floor-care/")
        page.get_by_role("link", name="Pine Floor Soap").click()
        expect(page.locator("[data-price]")).to_have_text("£4.20")
        page.get_by_role("radio", name="5 l").check()

        expect(page.locator("[data-price]")).to_have_text("£19.00")
        page.get_by_role("button", name="One more").click()
        expect(page.get_by_label("Quantity")).to_have_value("2")
        assert visitor.complaints == []

    def test_fits_a_small_phone(
        self, browser: Browser, live_server: LiveServer, shelf: str
    ) -> None:
        visitor = visit(browser, live_server, scripts=True)
        visitor.page.set_viewport_size({"width": 360, "height": 740})
        for path in ("/", "/c/floor-care/", "/search/", "/cart/", "/account/log-in/"):
            visitor.page.goto(path)
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 360, path
