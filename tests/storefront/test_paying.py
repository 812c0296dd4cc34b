"""The ways to pay on the checkout page, and the way back from a gateway's own page."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts.models import User
from apps.checkout.selectors import status_key_of
from apps.core.models import new_id
from apps.core.types import Money
from apps.orders.models import Order
from apps.payments.models import CreditAccount, Payment
from apps.payments.services import open_credit_account
from apps.shipping.models import Rate
from tests.bank import Bank, bank_thread, use_bank
from tests.doors import offer, tell
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order, make_order_on_account, make_request
from tests.factories.payments import make_credit_account, share_of
from tests.factories.shop import open_market, stock_variant
from tests.pages import Shopper, squeezed
from tests.queues import Queues
from tests.relays import relay
from tests.storefront.test_pages import FORM, ask_for_total, fill_cart

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _market() -> None:
    open_market()


@pytest.fixture(scope="module")
def running() -> Iterator[Bank]:
    with bank_thread() as bank:
        yield bank


@pytest.fixture
def bank(running: Bank, settings: Settings) -> Bank:
    running.lever("reset")
    use_bank(settings, running.url)
    return running


@pytest.fixture
def shopper() -> Client:
    return Shopper()


@pytest.fixture
def customer(shopper: Client) -> User:
    user = UserFactory.create()
    shopper.force_login(user)
    return user


def open_account(customer: User, *, currency: str = "GBP") -> CreditAccount:
    return open_credit_account(
        customer_id=customer.pk, limit=Money(50_000, currency), net_days=30, actor_id=None
    )


def total_page(shopper: Client) -> str:
    fill_cart(shopper)
    return squeezed(shopper.post("/checkout/", FORM).content.decode())


class TestTheWaysToPay:
    def test_are_the_demo_banks_without_a_key(self, shopper: Client) -> None:
        page = total_page(shopper)

        assert 'value="fake:tok_success" checked' in page
        assert 'value="stripe"' not in page
        assert "pay-by" not in page

    def test_begin_with_stripe_where_it_is_offered(self, shopper: Client, bank: Bank) -> None:
        page = total_page(shopper)

        assert 'value="stripe" checked' in page
        assert "A stand-in: no money moves." in page
        assert page.count(" checked") == 1

    def test_of_a_customer_ask_for_the_account(self, shopper: Client, customer: User) -> None:
        assert 'hx-get="/gb/en/checkout/pay-by/account/GBP/?total=1235"' in total_page(shopper)

    def test_show_the_account_to_who_has_one(
        self,
        shopper: Client,
        customer: User,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        open_account(customer)

        with django_assert_num_queries(3):
            part = shopper.get("/checkout/pay-by/account/GBP/").content.decode()

        assert 'value="account"' in part
        assert "£500.00 of your limit are free" in part
        assert shopper.get("/checkout/pay-by/account/EUR/").content == b""

    @pytest.mark.parametrize(
        ("total", "covers"), [("50000", True), ("50001", False), ("many", True), ("9" * 40, True)]
    )
    def test_show_an_account_that_does_not_cover_the_total_and_keep_it_closed(
        self, shopper: Client, customer: User, total: str, covers: bool
    ) -> None:
        open_account(customer)

        answer = shopper.get(f"/checkout/pay-by/account/GBP/?total={total}")
        part = squeezed(answer.content.decode())

        assert ("which does not cover this order" in part) is not covers
        assert (" disabled>" in part) is not covers
        assert ('name="purchase_order"' in part) is covers

    def test_are_none_for_a_customer_without_an_account_where_there_is_nothing_else(
        self, shopper: Client, customer: User, settings: Settings
    ) -> None:
        tell(settings, "PAYMENT_PROVIDERS", "fake", shows_tokens=False)

        page = total_page(shopper)

        assert "There is no way to pay here at the moment." in page
        assert "Pay £" not in page

    @pytest.mark.parametrize(("limit", "can_pay"), [(50_000, True), (100, False)])
    def test_may_be_the_account_alone(
        self,
        shopper: Client,
        customer: User,
        settings: Settings,
        limit: int,
        can_pay: bool,
    ) -> None:
        tell(settings, "PAYMENT_PROVIDERS", "fake", shows_tokens=False)
        make_credit_account(customer_id=customer.pk, minor=limit)

        page = total_page(shopper)

        assert ('value="account" checked>' in page) is can_pay
        assert ("Pay £12.35" in page) is can_pay
        assert ("which does not cover this order" in page) is not can_pay
        assert "There is no way to pay here" not in page

    def test_show_nothing_to_others(self, shopper: Client, customer: User) -> None:
        assert shopper.get("/checkout/pay-by/account/GBP/").content == b""
        assert Shopper().get("/checkout/pay-by/account/GBP/").content == b""


class TestPlacing:
    def test_on_account_makes_an_invoice(
        self, shopper: Client, customer: User, queues: Queues
    ) -> None:
        account = open_account(customer)
        fill_cart(shopper)
        form = {
            "quote": ask_for_total(shopper),
            "payment_method": "account",
            "purchase_order": " PO-7 ",
        }

        assert shopper.post("/checkout/place/", form).status_code == 302
        queues.run_all()

        order = Order.objects.get()
        payment = Payment.objects.get(reference=order.pk)
        assert (payment.gateway, payment.token, payment.payer) == ("account", "PO-7", customer)
        assert order.paid_at is not None
        account.refresh_from_db()
        assert account.used_minor == order.total_minor

    @pytest.mark.parametrize(
        ("form", "status"),
        [
            ({"payment_method": "account", "purchase_order": ""}, 400),
            ({"payment_method": "stripe"}, 400),
            ({}, 400),
        ],
    )
    def test_by_what_is_not_offered_is_refused(
        self, shopper: Client, queues: Queues, form: dict[str, str], status: int
    ) -> None:
        fill_cart(shopper)

        response = shopper.post("/checkout/place/", {"quote": ask_for_total(shopper), **form})

        assert response.status_code == status
        assert queues.take("orders") == []

    def test_on_account_is_not_called_paid_among_the_customers_orders(
        self, shopper: Client, queues: Queues
    ) -> None:
        make_order_on_account(lines={stock_variant().sku: 1})
        order = Order.objects.get()
        assert order.customer
        make_order(lines={stock_variant().sku: 1}, customer_id=order.customer.pk)
        shopper.force_login(order.customer)

        page = squeezed(shopper.get("/account/").content.decode())

        states = re.findall(r'class="state state--paid">([^<]*)<', page)
        assert sorted(states) == ["on account", "paid"]

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            ("", "Please give your number for this order."),
            ("P" * 41, "at most 40 characters"),
            ("PO\u200b7", "Please use letters, digits and signs."),
        ],
    )
    def test_on_account_without_a_number_asks_for_it_and_keeps_the_rest(
        self, shopper: Client, customer: User, queues: Queues, number: str, words: str
    ) -> None:
        open_account(customer)
        fill_cart(shopper)
        form = {
            "quote": ask_for_total(shopper),
            "payment_method": "account",
            "purchase_order": number,
        }

        answer = shopper.post("/checkout/place/", form)

        page = squeezed(answer.content.decode())
        assert answer.status_code == 422
        assert queues.take("orders") == []
        assert words in page
        assert "token" not in re.sub(r"<[^>]*>", "", page)
        assert 'aria-invalid="true" aria-describedby="id_purchase_order_error"' in page
        assert 'value="account" checked>' in page
        assert page.count(" checked>") == 1
        again = re.search(r'name="quote" value="([^"]+)"', page)
        assert again
        form |= {"quote": again[1], "purchase_order": "PO-7"}
        assert shopper.post("/checkout/place/", form).status_code == 302

    def test_on_account_of_a_guest_is_refused(self, shopper: Client, queues: Queues) -> None:
        fill_cart(shopper)
        form = {"payment_method": "account", "purchase_order": "PO-7"}

        response = shopper.post("/checkout/place/", {"quote": ask_for_total(shopper), **form})

        assert response.status_code == 403
        assert queues.take("orders") == []


@pytest.mark.django_db(transaction=True)
class TestTheWayBack:
    def order(self, queues: Queues) -> Order:
        """An order that waits for its shopper on the stand-in's page."""
        from apps.orders.services import process_order

        request = make_request(lines={stock_variant().sku: 1}, token="hosted", gateway="stripe")
        order_id = process_order(request=request)
        relay()
        return Order.objects.get(pk=order_id)

    def test_of_who_has_paid_leads_to_a_paid_order(
        self, shopper: Client, bank: Bank, queues: Queues
    ) -> None:
        order = self.order(queues)
        payment = Payment.objects.get()
        assert (order.status, order.action_url) == ("awaiting_payment", payment.action_url)
        bank.pay_all()

        response = shopper.get(f"/pay/return/{payment.pk}/")

        assert response.status_code == 302
        assert re.match(rf"/gb/en/orders/{order.pk}/.+/", response["Location"])
        relay()
        order.refresh_from_db()
        assert order.paid_at is not None
        assert bank.captured == [order.total_minor]

    def test_of_who_has_not_paid_leads_to_a_waiting_order(
        self, shopper: Client, bank: Bank, queues: Queues
    ) -> None:
        order = self.order(queues)

        assert shopper.get(f"/pay/return/{Payment.objects.get().pk}/").status_code == 302

        order.refresh_from_db()
        assert order.status == "awaiting_payment"

    def test_bears_an_outage_of_the_gateway(
        self, shopper: Client, bank: Bank, queues: Queues
    ) -> None:
        self.order(queues)
        bank.misbehave("*", "drop", times=5)

        assert shopper.get(f"/pay/return/{Payment.objects.get().pk}/").status_code == 302

    def test_asked_for_again_at_once_does_not_ask_the_gateway_again(
        self, shopper: Client, bank: Bank, queues: Queues
    ) -> None:
        self.order(queues)
        address = f"/pay/return/{Payment.objects.get().pk}/"
        shopper.get(address)
        bank.pay_all()

        assert shopper.get(address).status_code == 302
        assert Payment.objects.get().authorised_minor == 0
        cache.clear()
        shopper.get(address)

        assert Payment.objects.get().authorised_minor > 0

    def test_on_the_demo_banks_page_is_not_there(
        self, shopper: Client, bank: Bank, queues: Queues
    ) -> None:
        self.order(queues)
        address = f"/demo-bank/{Payment.objects.get().pk}/"

        assert shopper.get(address).status_code == 404
        assert shopper.post(address, {"answer": "agree"}).status_code == 404
        assert Payment.objects.get().authorised_minor == 0

    def test_of_nobody_is_not_there(self, shopper: Client) -> None:
        assert shopper.get(f"/pay/return/{new_id()}/").status_code == 404


class TestAPenny:
    @pytest.fixture(autouse=True)
    def _free_delivery(self) -> None:
        Rate.objects.update(price_minor=0)

    def penny(self, shopper: Client) -> None:
        sku = stock_variant(price="0.01").sku
        shopper.post("/cart/add/", {"sku": sku, "quantity": 1})

    def test_is_not_offered_to_who_charges_more(self, bank: Bank, settings: Settings) -> None:
        shopper = Shopper()
        self.penny(shopper)

        page = shopper.post("/checkout/", FORM).content.decode()
        order = {"quote": ask_for_total(shopper), "payment_method": "stripe"}
        refused = shopper.post("/checkout/place/", order)

        assert 'id="stripe"' not in page
        assert refused.status_code == 409
        assert "too small to be paid this way" in refused.content.decode()
        assert not Payment.objects.exists()

    def test_is_refused_with_the_total_where_nobody_takes_it(
        self, bank: Bank, settings: Settings
    ) -> None:
        offer(settings, "stripe", "account")
        shopper = Shopper()
        self.penny(shopper)

        page = shopper.post("/checkout/", FORM)

        assert page.status_code == 409
        assert "too small to be paid this way" in page.content.decode()


class TestWhatIsDue:
    def address(self, *shares: tuple[str, int]) -> str:
        order_id = make_order(
            lines={stock_variant().sku: 2},
            shares=[share_of(minor, token=token) for token, minor in shares],
        )
        return f"/orders/{order_id}/{status_key_of(order_id)}/"

    def test_after_a_decline_can_be_paid_by_another_card(
        self, shopper: Client, queues: Queues
    ) -> None:
        address = self.address(("tok_decline", 1235))
        page = squeezed(shopper.get(address).content.decode())
        assert "The payment was declined" in page
        assert "We keep the goods for you until" in page
        assert "Pay £12.35" in page

        answer = shopper.post(f"{address}pay/", {"payment_method": "fake:tok_success"})
        assert (answer.status_code, answer["Location"]) == (302, shopper.at(address))
        relay()

        assert "Thank you. It is paid." in shopper.get(address).content.decode()

    def test_is_the_rest_where_a_part_was_paid(self, shopper: Client, queues: Queues) -> None:
        page = squeezed(shopper.get(self.address(("tok_success", 235))).content.decode())

        assert "One step left: £10.00 are to be paid" in page
        assert "Pay £10.00" in page

    def test_is_asked_for_again_with_the_reason_why_not(
        self, shopper: Client, queues: Queues
    ) -> None:
        address = self.address(("tok_decline", 1235))

        answer = shopper.post(f"{address}pay/", {"payment_method": "fake:tok_unknown"})

        assert answer.status_code == 400
        page = squeezed(answer.content.decode())
        assert "This payment token is not known to the payment provider." in page
        assert "Pay £12.35" in page

    def test_that_is_under_way_already_is_told_so(self, shopper: Client, queues: Queues) -> None:
        address = self.address(("tok_decline", 1235))
        wish = {"payment_method": "fake:tok_success", "attempt": "0.2"}
        for _ in range(2):
            assert shopper.post(f"{address}pay/", wish).status_code == 302

        answer = shopper.post(f"{address}pay/", {"payment_method": "fake:tok_3ds"})

        assert answer.status_code == 409
        assert "A payment of this order is under way." in answer.content.decode()
        assert Payment.objects.count() == 2

    def test_may_be_given_up_for_the_cart(self, shopper: Client, queues: Queues) -> None:
        address = self.address(("tok_decline", 1235))

        shopper.post(f"{address}pay/", {"give_up": "1"})

        page = squeezed(shopper.get(address).content.decode())
        assert "You have stopped it." in page
        assert "Back to the cart" in page
        assert shopper.post(f"{address}pay/", {"give_up": "1"}).status_code == 409

    def test_is_for_who_has_the_key(self, shopper: Client, queues: Queues) -> None:
        address = self.address(("tok_decline", 1235))

        for posted in ({"payment_method": "fake:tok_success"}, {"give_up": "1"}):
            assert shopper.post(f"{address[:-3]}/pay/", posted).status_code == 404
        assert Order.objects.get().status == "awaiting_payment"

    def test_offers_the_account_to_the_orders_own_customer_alone(
        self, shopper: Client, customer: User, queues: Queues
    ) -> None:
        open_account(customer)
        address = self.address(("tok_decline", 1235))
        assert "pay-by/account" not in shopper.get(address).content.decode()

        Order.objects.update(customer=customer)

        assert "pay-by/account" in shopper.get(address).content.decode()
        assert "pay-by/account" not in Shopper().get(address).content.decode()


class TestAPartOfTheTotal:
    def place(self, shopper: Client, part: str) -> Any:
        fill_cart(shopper)
        document = ask_for_total(shopper)
        posted = {
            "quote": document, "payment_method": "fake:tok_success", "part": part, "split": "1",
        }  # fmt: skip
        return shopper.post("/checkout/place/", posted)

    @pytest.mark.parametrize("part", ["5", "5.00", " 5.00 "])
    def test_is_paid_now_and_the_rest_later(
        self, shopper: Client, queues: Queues, part: str
    ) -> None:
        assert self.place(shopper, part).status_code == 302
        queues.run("orders")

        payment = Payment.objects.get()
        assert (payment.amount_minor, payment.authorised_minor) == (500, 500)
        assert Order.objects.get().status == "awaiting_payment"

    def test_is_left_alone_by_the_button_that_pays_the_whole(
        self, shopper: Client, queues: Queues
    ) -> None:
        fill_cart(shopper)
        posted = {
            "quote": ask_for_total(shopper),
            "payment_method": "fake:tok_success",
            "part": "5",
        }

        shopper.post("/checkout/place/", posted)
        queues.run("orders")

        assert Order.objects.get().status == "paid"

    def test_of_somebody_elses_total_shows_nothing_of_it(
        self, shopper: Client, queues: Queues
    ) -> None:
        fill_cart(shopper)
        stranger = Shopper()
        posted = {
            "quote": ask_for_total(shopper), "payment_method": "fake:tok_success", "part": "much",
            "split": "1",
        }  # fmt: skip

        answer = stranger.post("/checkout/place/", posted)

        assert answer.status_code == 403
        assert FORM["email"] not in answer.content.decode()

    @pytest.mark.parametrize("part", ["0", "-1", "12.35", "999", "0.001", "much", "1e2", "NaN"])
    def test_that_is_none_is_asked_for_again(
        self, shopper: Client, queues: Queues, part: str
    ) -> None:
        answer = self.place(shopper, part)

        assert answer.status_code == 422
        page = squeezed(answer.content.decode())
        assert f'value="{part}"' in page
        assert "Pay £12.35" in page
        assert queues.take("orders") == []
