"""Placing needs the quote, its holder and the queue: no database, and no second order."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from apps.cart.models import Cart
from apps.cart.services import add_to_cart
from apps.checkout.errors import QuoteExpired, QuoteInvalid, QuoteNotYours, TooManyOrders
from apps.checkout.selectors import status_key_of, track_order
from apps.checkout.services import place, sign_quote
from apps.checkout.types import Placement, Quote, SignedQuote
from apps.core.errors import InvalidInput, NotFound
from apps.core.rules import digest_of, public_number
from apps.orders.errors import TooManyUnits, TooManyUnitsHere
from apps.orders.models import Order
from apps.orders.services import expire_unpaid_orders
from apps.orders.types import DRAFT_VERSION, Channel
from apps.payments.errors import AccountNeeded, UnknownPaymentToken
from tests.checkout.shoppers import SECRET, fill_cart, owner_for, quote_cart
from tests.factories.accounts import UserFactory
from tests.factories.checkout import ways
from tests.factories.orders import make_draft
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db


def place_quote(signed: SignedQuote, **changes: object) -> Placement:
    fields: dict = {
        "document": signed.document,
        "payments": ways("tok_success"),
        "now": timezone.now(),
        "secret": SECRET,
    }
    return place(**{**fields, **changes})


class TestPlace:
    def test_puts_the_order_on_the_queue_without_asking_the_database(
        self, queues: Queues, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        signed = quote_cart()

        with django_assert_num_queries(0):
            placed = place_quote(signed)

        assert placed.order_id == signed.quote.draft.id
        assert placed.number == public_number(source=placed.order_id)
        (envelope,) = queues.take("orders")
        assert envelope["headers"]["task"] == "orders.process_order"

    def test_on_account_asks_no_database_either(
        self, queues: Queues, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer = UserFactory.create()
        signed = quote_cart(owner=owner_for(customer))
        pays = {"payments": ways("PO-7", gateway="account"), "customer_id": customer.pk}

        with django_assert_num_queries(0):
            place_quote(signed, **pays)

        assert len(queues.take("orders")) == 1

    def test_a_second_time_makes_no_second_order(self, queues: Queues) -> None:
        signed = quote_cart()

        receipts = [place_quote(signed) for _ in range(3)]
        assert queues.run("orders") == 3

        assert len(set(receipts)) == 1
        assert Order.objects.get().status == "paid"

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"document": "forged"}, QuoteInvalid),
            ({"secret": "wrong"}, QuoteNotYours),
            ({"secret": ""}, QuoteNotYours),
            ({"secret": "", "customer_id": 7}, QuoteNotYours),
            ({"now": timezone.now() + timedelta(hours=1)}, QuoteExpired),
            ({"payments": ways("tok_unknown")}, UnknownPaymentToken),
            ({"payments": ways("tok_success", gateway="stripe")}, UnknownPaymentToken),
            ({"payments": ways("PO-7", gateway="account")}, AccountNeeded),
            ({"payments": ways("a\nb", gateway="account")}, UnknownPaymentToken),
            (
                {"payments": [*ways("tok_success", "0.01"), *ways("tok_unknown")]},
                UnknownPaymentToken,
            ),
            ({"payments": []}, InvalidInput),
            ({"payments": ways("tok_success", "0")}, InvalidInput),
            ({"payments": ways("tok_success", "9999")}, InvalidInput),
            ({"payments": ways("tok_success", "0.001")}, InvalidInput),
            ({"payments": [*ways("tok_success"), *ways("tok_success", "0.01")]}, InvalidInput),
            ({"payments": ways("tok_success", "0.01") * 5}, InvalidInput),
        ],
    )
    def test_refuses_and_sends_nothing(
        self, queues: Queues, changes: dict[str, object], refusal: type[Exception]
    ) -> None:
        signed = quote_cart()

        with pytest.raises(refusal):
            place_quote(signed, **changes)

        assert queues.take("orders") == []

    def test_lets_a_customer_place_their_own_and_no_others(self, queues: Queues) -> None:
        customer, other = UserFactory.create(), UserFactory.create()
        signed = quote_cart(owner=owner_for(customer))

        with pytest.raises(QuoteNotYours):
            place_quote(signed, customer_id=other.pk)
        with pytest.raises(QuoteNotYours):
            place_quote(signed)
        place_quote(signed, customer_id=customer.pk, secret="")

        assert queues.run("orders") == 1
        assert Order.objects.get().customer == customer


class TestTheOrderedCart:
    def test_is_closed_when_the_order_is_heard_of(self, queues: Queues) -> None:
        cart = fill_cart()
        place_quote(quote_cart(cart))

        queues.run("orders")
        assert Cart.objects.get().status == "open"
        relay()

        assert Cart.objects.get().status == "ordered"

    def test_comes_back_with_a_rejection(self, queues: Queues) -> None:
        place_quote(quote_cart(), payments=ways("tok_decline"))

        queues.run("orders")
        Order.objects.update(pay_by=timezone.now())
        expire_unpaid_orders()
        relay()

        assert Order.objects.get().status == "rejected"
        assert Cart.objects.get().status == "open"

    def test_stays_open_if_it_was_changed_since(self, queues: Queues) -> None:
        cart = fill_cart()
        place_quote(quote_cart(cart))
        add_to_cart(cart_id=cart, sku=stock_variant().sku, quantity=1)

        queues.run("orders")
        relay()

        assert Cart.objects.get().status == "open"

    def test_is_bought_once_for_two_quotes(self, queues: Queues) -> None:
        cart = fill_cart()
        first, second = quote_cart(cart), quote_cart(cart)
        place_quote(first)
        place_quote(second)

        queues.run("orders")
        relay()

        outcomes = Order.objects.order_by("accepted_at").values_list("status", "reason")
        assert sorted(outcomes) == [("paid", ""), ("rejected", "cart_already_ordered")]
        assert Cart.objects.get().status == "ordered"


class TestTrackOrder:
    def test_says_accepted_until_the_order_is_processed(self, queues: Queues) -> None:
        placed = place_quote(quote_cart())

        progress = track_order(order_id=placed.order_id, key=placed.status_key)

        assert (progress.status, progress.number) == ("accepted", placed.number)
        assert (progress.total, progress.is_settled) == (None, False)

    def test_shows_the_order_once_it_is_there(self, queues: Queues) -> None:
        placed = place_quote(quote_cart())
        queues.run("orders")

        progress = track_order(order_id=placed.order_id, key=placed.status_key)

        assert (progress.status, progress.number, progress.is_settled) == (
            "paid",
            placed.number,
            False,
        )
        assert (progress.steps_done, progress.seconds_to_news) == (3, 30)
        assert [entry.type for entry in progress.timeline] == [
            "orders.order.placed.v1",
            "payments.payment.captured.v1",
            "orders.order.paid.v1",
        ]

    @pytest.mark.parametrize("key", ["", "wrong", "ü"])
    def test_refuses_a_wrong_key(self, queues: Queues, key: str) -> None:
        placed = place_quote(quote_cart())

        with pytest.raises(NotFound):
            track_order(order_id=placed.order_id, key=key)

    def test_opens_with_a_key_from_before_its_secret_changed(
        self, queues: Queues, settings: Settings
    ) -> None:
        placed = place_quote(quote_cart())

        settings.STATUS_KEYS = ["a new one", settings.SECRET_KEY]
        assert track_order(order_id=placed.order_id, key=placed.status_key)
        assert status_key_of(placed.order_id) != placed.status_key

        settings.SECRET_KEY = "another"
        assert track_order(order_id=placed.order_id, key=placed.status_key)

        settings.STATUS_KEYS = ["a new one"]
        with pytest.raises(NotFound):
            track_order(order_id=placed.order_id, key=placed.status_key)

    def test_opens_with_the_secret_before_where_it_has_no_secret_of_its_own(
        self, queues: Queues, settings: Settings
    ) -> None:
        placed = place_quote(quote_cart())

        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another"

        assert track_order(order_id=placed.order_id, key=placed.status_key)
        assert track_order(order_id=placed.order_id, key=status_key_of(placed.order_id))

    def test_refuses_another_orders_key(self, queues: Queues) -> None:
        cart = fill_cart()
        one, other = place_quote(quote_cart(cart)), place_quote(quote_cart(cart))

        with pytest.raises(NotFound):
            track_order(order_id=one.order_id, key=other.status_key)


class TestAGuestWithoutMoney:
    def test_is_quoted_no_more_than_unpaid_orders_may_hold(self, settings: Settings) -> None:
        settings.GUEST_UNITS = 3
        sku, customer = stock_variant().sku, owner_for(UserFactory.create())
        cart = fill_cart({sku: 3})

        assert quote_cart(cart)
        add_to_cart(cart_id=cart, sku=sku, quantity=1)
        with pytest.raises(TooManyUnits):
            quote_cart(cart)
        assert quote_cart(fill_cart({sku: 4}, owner=customer), owner=customer)

    def test_places_no_more_from_one_address(self, settings: Settings, queues: Queues) -> None:
        settings.GUEST_UNITS = 1
        sku = stock_variant().sku
        first, second = (
            sign_quote(
                Quote(
                    version=DRAFT_VERSION,
                    draft=make_draft(lines={sku: 6}, email=f"{name}@example.com"),
                    expires_at=timezone.now() + timedelta(minutes=1),
                    holder_digest=digest_of(text=SECRET),
                )
            )
            for name in ("eve", "mallory")
        )

        for _ in range(2):
            place_quote(first, address="203.0.113.7")
        with pytest.raises(TooManyUnitsHere):
            place_quote(second, address="203.0.113.7")

        assert len(queues.take("orders")) == 2

    @pytest.mark.parametrize(("channel", "is_limited"), [("web", True), (Channel.IMPORT, False)])
    def test_has_so_many_mails_sent_and_what_is_imported_sends_none(
        self, channel: str, is_limited: bool, settings: Settings, queues: Queues
    ) -> None:
        settings.GUEST_ORDERS_PER_RECIPIENT = 0
        signed = sign_quote(
            Quote(
                version=DRAFT_VERSION,
                draft=make_draft(lines={"A": 1}, channel=channel),
                expires_at=timezone.now() + timedelta(minutes=1),
                holder_digest=digest_of(text=SECRET),
            )
        )

        with pytest.raises(TooManyOrders) if is_limited else nullcontext():
            place_quote(signed)

        assert len(queues.take("orders")) == (not is_limited)
