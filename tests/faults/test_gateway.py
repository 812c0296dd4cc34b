"""F12, a payment provider at its worst: late, broken, repeating itself, out of order. Money moves once.

The bank is the stand-in for Stripe as a program of its own; what it has really taken and given back is
read from its own book, never from the shop's ledger.
"""

import base64
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.core.types import Money
from apps.events.models import Delivery, OutboxMessage
from apps.orders.models import Order
from apps.orders.services import cancel_order, expire_unpaid_orders, process_order
from apps.payments.errors import GatewayUnavailable
from apps.payments.models import Payment, Transaction, WebhookEvent
from apps.payments.providers.stripe import provider as stripe
from apps.payments.selectors import list_payments
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    reconcile,
    refund_payments,
    resolve_payment,
    webhooks,
)
from apps.payments.types import Outcome
from apps.refunds.services import pay_back, send_to_queue
from tests.bank import WEBHOOK_SECRET, Bank, bank_process, signed, use_bank
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.races import race
from tests.relays import relay

ORDERS = int(os.environ.get("FAULT_ORDERS", "1"))
# How long a slow bank takes where the shop has to wait for it; elsewhere it is 25 s, and the shop goes on.
# How many of the 120 orders in which five webhooks can come are tried.
TURNS = int(os.environ.get("FAULT_TURNS", "12"))
SLOW = int(os.environ.get("FAULT_SLOW_SECONDS", "2"))
Reached = Callable[..., None]
HOWS = ("late", "slow", "error", "error_after", "drop", "drop_after")
FIVE = (
    "payment_intent.amount_capturable_updated",
    "checkout.session.completed",
    "payment_intent.succeeded",
    "charge.refunded",
    "charge.dispute.created",
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def program() -> Iterator[Bank]:
    with bank_process() as bank:
        yield bank


@pytest.fixture
def bank(program: Bank, settings: Settings, queues: Queues) -> Bank:
    """A bank with an empty book, and a shop that waits a second for it rather than ten."""
    program.lever("reset")
    program.lever("webhooks")
    use_bank(settings, program.url, timeout_seconds=1)
    return program


Manners = Callable[..., None]


@pytest.fixture
def manners(bank: Bank, live_server: LiveServer) -> Iterator[Manners]:
    """Tells the bank how to send its webhooks to this shop; none are on their way when a test ends."""

    def behave(**how: Any) -> None:
        url = f"{live_server.url}/api/v1/payments/webhooks/stripe/"
        bank.lever("webhooks", url=url, secret=WEBHOOK_SECRET, **how)

    yield behave
    bank.lever("webhooks")


@pytest.fixture
def told(bank: Bank, manners: Manners) -> Bank:
    """A bank that sends its webhooks to this shop."""
    manners()
    return bank


def request() -> dict[str, Any]:
    return make_request(
        lines={stock_variant(on_hand=1000).sku: 1}, token="hosted", gateway="stripe"
    )


def place() -> Order:
    """An order as its message and the lane of payments leave it, tried again as long as the gateway fails."""
    order = Order.objects.get(pk=process_order(request=request()))
    deadline = time.monotonic() + 30 + SLOW
    while time.monotonic() < deadline:
        Delivery.objects.filter(delivered_at=None).update(due_at=timezone.now())
        relay()
        order.refresh_from_db()
        if order.status != "placed":
            return order
        time.sleep(0.2)
    raise TimeoutError


def payment_of(order: Order) -> Payment:
    return Payment.objects.get(reference=order.pk)


def settle(order: Order, *, until: str) -> Order:
    """Let news be relayed, and what failed be tried again at once, until the order is there."""
    deadline = time.monotonic() + 60 + 5 * ORDERS
    while time.monotonic() < deadline:
        Delivery.objects.filter(delivered_at=None).update(due_at=timezone.now())
        relay()
        paid_back = pay_back_queued()
        order.refresh_from_db()
        pending = Delivery.objects.filter(delivered_at=None).exists()
        if order.status == until and paid_back and not pending:
            return order
        time.sleep(0.1)
    raise TimeoutError(order.status)


def pay_back_queued() -> bool:
    """Run what waits on the refunds queue; what an outage breaks off comes again. True if nothing did."""
    refunds = [
        json.loads(base64.b64decode(envelope["body"]))[1]["refund_id"]
        for envelope in Queues().take("refunds")
    ]
    for refund_id in refunds:
        try:
            pay_back(refund_id=UUID(refund_id))
        except GatewayUnavailable:
            send_to_queue(refund_id=UUID(refund_id))
    return not refunds


def hear(*events: dict[str, Any]) -> None:
    for event in events:
        body, signature = signed(event)
        webhooks.receive_webhook(
            gateway="stripe",
            body=body,
            headers={"Stripe-Signature": signature},
            now=timezone.now(),
        )


def come_back(order: Order) -> None:
    """The shopper returns from the bank's page."""
    try:
        resolve_payment(payment_id=list_payments(order.pk).get().pk)
    except GatewayUnavailable:
        reconcile(now=timezone.now() + timedelta(minutes=5))


def events_of(bank: Bank, order: Order, *types: str) -> list[dict[str, Any]]:
    """What the bank tells about an order's payment, one event of each type."""
    intent = next(
        one["id"]
        for one in bank.book["intents"]
        if one["metadata"]["payment_id"] == str(payment_of(order).pk)
    )
    about = {}
    for event in bank.events():
        subject = event["data"]["object"]
        if intent in {subject["id"], subject.get("payment_intent")}:
            about[event["type"]] = event
    return [about[type_] for type_ in types]


def nothing_twice(bank: Bank) -> bool:
    """Whether no payment was captured, and no refund sent, more than once."""
    captures = Counter(one["payment_intent"] for one in bank.book["captures"])
    refunds = Counter(one["_key"] or one["id"] for one in bank.book["refunds"])
    return not [one for one, count in [*captures.items(), *refunds.items()] if count > 1]


class TestABankThatFails:
    @pytest.mark.parametrize("how", HOWS)
    def test_when_the_page_is_opened_opens_one_that_counts(
        self, bank: Bank, how: str, reached: Reached
    ) -> None:
        for _ in range(ORDERS):
            bank.misbehave("sessions.create", how, seconds=SLOW)
            order = place()
            bank.pay_all()
            come_back(order)
            settle(order, until="paid")

        assert len(bank.captured) == ORDERS
        assert nothing_twice(bank)
        reached(
            "F12",
            f"bank fails when opening the page: {how}",
            to_reach=f"{ORDERS} captures of {ORDERS} orders",
            number=f"{len(bank.captured)} captures of {ORDERS} orders",
        )

    @pytest.mark.parametrize("how", HOWS)
    def test_when_money_is_taken_takes_it_once(
        self, bank: Bank, how: str, reached: Reached
    ) -> None:
        for _ in range(ORDERS):
            order = place()
            bank.pay_all()
            bank.misbehave("payment_intents.capture", how, seconds=25 if how == "late" else 2)
            come_back(order)
            settle(order, until="paid")

        assert len(bank.captured) == ORDERS
        assert nothing_twice(bank)
        assert Transaction.objects.filter(kind="capture", outcome="succeeded").count() == ORDERS
        reached(
            "F12",
            f"bank fails when capturing: {how}",
            to_reach=f"{ORDERS} captures of {ORDERS} orders",
            number=f"{len(bank.captured)} captures of {ORDERS} orders",
        )

    @pytest.mark.parametrize("how", HOWS)
    def test_when_money_goes_back_sends_it_once(
        self, bank: Bank, how: str, reached: Reached
    ) -> None:
        for _ in range(ORDERS):
            order = place()
            bank.pay_all()
            come_back(order)
            settle(order, until="paid")
            bank.misbehave("refunds.create", how, seconds=25 if how == "late" else 2)
            cancel_order(order_id=order.pk, reason="customer")
            settle(order, until="cancelled")

        assert sorted(bank.refunded) == sorted(bank.captured)
        assert len(bank.refunded) == ORDERS
        assert nothing_twice(bank)
        assert not Payment.objects.exclude(refunded_minor=order.total_minor).exists()
        reached(
            "F12",
            f"bank fails when refunding: {how}",
            to_reach=f"{ORDERS} refunds of {ORDERS} orders",
            number=f"{len(bank.refunded)} refunds of {ORDERS} orders",
        )

    @pytest.mark.parametrize("how", HOWS)
    def test_when_a_hold_is_let_go_holds_nothing(
        self, bank: Bank, how: str, reached: Reached
    ) -> None:
        for _ in range(ORDERS):
            order = place()
            bank.pay_all()
            bank.misbehave("payment_intents.cancel", how, seconds=25 if how == "late" else 2)
            cancel_order(order_id=order.pk, reason="customer")
            settle(order, until="cancelled")

        assert (bank.held, bank.captured) == ([], [])
        assert not Payment.objects.filter(released_at=None).exists()
        reached(
            "F12",
            f"bank fails when voiding: {how}",
            to_reach=f"0 holds left of {ORDERS} orders",
            number=f"{len(bank.held)} holds left of {ORDERS} orders",
        )

    def test_that_declines_a_card_takes_the_next(self, told: Bank) -> None:
        order = place()
        told.lever("decline", session=told.book["sessions"][0]["id"])
        told.pay_all()

        settle(order, until="paid")

        assert told.captured == [order.total_minor]

    def test_that_lets_a_hold_run_out_leaves_nobody_waiting(self, bank: Bank) -> None:
        order = place()
        bank.pay_all()
        bank.lever("end_hold", payment_intent=bank.held[0])
        hear(*events_of(bank, order, FIVE[0]))

        relay()
        order.refresh_from_db()
        assert (order.status, order.reason) == ("awaiting_payment", "payment_declined")
        Order.objects.update(pay_by=timezone.now())
        expire_unpaid_orders()

        order.refresh_from_db()
        assert (order.status, order.reason) == ("rejected", "payment_declined")
        assert bank.captured == []


class TestABankThatTalksTooMuch:
    def test_and_says_all_twenty_times_is_heard_once(
        self, told: Bank, manners: Manners, reached: Reached
    ) -> None:
        manners(copies=20)
        orders = [place() for _ in range(ORDERS)]
        told.pay_all()
        for order in orders:
            settle(order, until="paid")
            told.lever("dispute", payment_intent=payment_of(order).gateway_reference)
        wait_for(lambda: disputes() == ORDERS)

        assert len(told.captured) == ORDERS
        assert nothing_twice(told)
        assert disputes() == ORDERS
        seen = WebhookEvent.objects.values_list("event_id", flat=True)
        assert len(seen) == len(set(seen)) == len(told.events())
        reached(
            "F12",
            "every webhook 20 times",
            to_reach="each event once, 0 double captures",
            number=f"{len(seen)} events once each, 0 double captures",
        )

    def test_and_too_early_is_understood(
        self, told: Bank, manners: Manners, settings: Settings
    ) -> None:
        """The shopper has paid, and the bank says so, before its answer to the page is back."""
        use_bank(settings, told.url, timeout_seconds=10)
        manners(before_reply=True)
        told.misbehave("sessions.create", "late", seconds=1)
        shopper = threading.Thread(target=pay_as_soon_as_there_is_a_page, args=(told,))
        shopper.start()

        order = place()

        shopper.join()
        settle(order, until="paid")
        assert told.captured == [order.total_minor]
        entries = Transaction.objects.order_by("id").values_list("kind", "outcome")
        assert list(entries) == [("authorise", "succeeded"), ("capture", "succeeded")]

    def test_in_every_order_leaves_the_same_end(self, bank: Bank, reached: Reached) -> None:
        """Held, completed, taken, partly returned and disputed: heard in any order of the five."""
        ends = Counter()
        # Evenly spread over all 120, so that each of the five comes first, and last.
        orders = list(permutations(range(5)))[:: 120 // TURNS]
        for turn in orders:
            order = place()
            about = _five_events(bank, order)
            for number in turn:
                hear(about[number])
                relay()
            if WebhookEvent.objects.filter(outcome="unmatched").exists():
                reconcile(now=timezone.now() + timedelta(minutes=5))
            settle(order, until="paid")
            ends[end_of(order)] += 1

        assert len(orders) == TURNS
        assert len(ends) == 1, ends
        ((status, amounts, entries, news),) = ends
        assert (status, amounts) == ("paid", (815, 815, 400))
        assert entries == (
            ("authorise", "action_required", 815),
            ("authorise", "succeeded", 815),
            ("capture", "succeeded", 815),
            ("refund", "claimed", 400),
            ("refund", "succeeded", 400),
        )
        assert news == (("captured", 1), ("disputed", 1), ("refunded", 1))
        assert len(bank.captured) == TURNS
        assert nothing_twice(bank)
        reached(
            "F12",
            "five webhooks about one payment, in every order",
            to_reach=f"{TURNS} orders, 1 end, 0 double captures",
            number=f"{len(orders)} orders, {len(ends)} end, 0 double captures",
        )


class TestManyWhoFinishOneOrder:
    def test_take_its_money_once(self, bank: Bank, reached: Reached) -> None:
        """Browser, webhook, worker, staff and reconciler, all at the same moment."""
        for _ in range(ORDERS):
            order = place()
            bank.pay_all()
            (event,) = events_of(bank, order, FIVE[0])
            ways = (
                lambda one=order: resolve_payment(payment_id=list_payments(one.pk).get().pk),
                lambda one=event: hear(one),
                lambda one=order: take(one),
                lambda: reconcile(now=timezone.now() + timedelta(minutes=5)),
            )

            race(lambda number, ways=ways: ways[number % 4](), runners=8)
            settle(order, until="paid")

        assert len(bank.captured) == ORDERS
        assert nothing_twice(bank)
        assert Transaction.objects.filter(kind="capture", outcome="succeeded").count() == ORDERS
        reached(
            "F12",
            "browser, webhook, worker and reconciler at once",
            to_reach="1 capture per order",
            number=f"{len(bank.captured)} captures of {ORDERS} orders",
        )


class TestMoneyThatComesTooLate:
    def expired(self, bank: Bank) -> Order:
        """An order that has run out, and whose page the bank could not be told to close."""
        order = place()
        bank.misbehave("sessions.expire", "drop", times=3)
        bank.misbehave("sessions.retrieve", "drop", times=3)
        Order.objects.update(pay_by=timezone.now() - timedelta(seconds=1))
        assert expire_unpaid_orders() == 1
        relay()
        bank.pay_all()
        bank.lever("behave")
        return order

    def test_as_a_hold_is_let_go(self, bank: Bank) -> None:
        order = self.expired(bank)

        hear(*events_of(bank, order, FIVE[0]))
        settle(order, until="cancelled")

        assert (bank.held, bank.captured) == ([], [])
        assert payment_of(order).released_at is not None

    def test_as_a_capture_is_sent_back(self, bank: Bank) -> None:
        order = self.expired(bank)
        bank.lever("capture", payment_intent=bank.held[0])

        hear(*events_of(bank, order, "payment_intent.succeeded"))
        settle(order, until="cancelled")

        assert bank.captured == bank.refunded == [order.total_minor]
        assert payment_of(order).refunded_minor == order.total_minor

    @pytest.mark.parametrize("taken", [False, True])
    def test_unheard_is_found_by_the_reconciler(
        self, bank: Bank, taken: bool, reached: Reached
    ) -> None:
        order = self.expired(bank)
        if taken:
            bank.lever("capture", payment_intent=bank.held[0])

        reconcile(now=timezone.now() + timedelta(minutes=5))
        settle(order, until="cancelled")

        assert bank.held == []
        assert bank.captured == bank.refunded == ([order.total_minor] if taken else [])
        reached(
            "F12",
            f"late payment of an expired order, {'taken' if taken else 'held'}",
            to_reach="returned by itself",
            number="returned by itself",
        )


@pytest.mark.control
class TestControls:
    """With one guard off the same must go wrong, or the tests above prove nothing."""

    def test_without_stable_keys_two_holds_stand_for_one_order(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forget_keys(monkeypatch)
        bank.misbehave("sessions.create", "drop_after")
        place()

        bank.pay_all()

        assert len(bank.held) == 2

    def test_without_stable_keys_a_refund_is_sent_twice(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = place()
        bank.pay_all()
        come_back(order)
        settle(order, until="paid")
        forget_keys(monkeypatch)
        monkeypatch.setattr(stripe, "_find_refund", lambda *_: None)
        bank.misbehave("refunds.create", "drop_after")

        for _ in range(2):
            with suppress(GatewayUnavailable):
                refund_payments(reference=order.pk, amount=Money(400, "GBP"), key="one")

        assert bank.refunded == [400, 400]

    def test_without_the_event_ids_a_dispute_counts_twice(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = place()
        about = _five_events(bank, order)
        hear(about[2])

        def always_new(**fields: Any) -> tuple[WebhookEvent, bool]:
            values = {**fields["defaults"], "event_id": str(uuid4()), "gateway": "stripe"}
            return WebhookEvent.objects.create(**values), True

        monkeypatch.setattr(webhooks.WebhookEvent.objects, "get_or_create", always_new)

        for _ in range(2):
            hear(about[4])

        assert disputes() == 2


def _five_events(bank: Bank, order: Order) -> list[dict[str, Any]]:
    """The shopper pays; at the bank's desk the money is taken, partly returned, and disputed."""
    bank.pay_all()
    (intent,) = bank.held
    bank.lever("capture", payment_intent=intent)
    bank.lever("refund", payment_intent=intent, amount="400")
    bank.lever("dispute", payment_intent=intent)
    return events_of(bank, order, *FIVE)


def end_of(order: Order) -> tuple[Any, ...]:
    """All that is left of a payment: the order, its amounts, its ledger and its news."""
    payment = payment_of(order)
    entries = payment.transactions.values_list("kind", "outcome", "amount_minor")
    subjects = OutboxMessage.objects.filter(subject=str(order.pk)).values_list("type", flat=True)
    news = Counter(type_.split(".")[2] for type_ in subjects if type_.startswith("payments."))
    # A hold is only news where it is heard of before the money, and doubts are the shop's own.
    told = {
        name: count for name, count in news.items() if name not in {"authorised", "review_required"}
    }
    return (
        order.status,
        (payment.authorised_minor, payment.captured_minor, payment.refunded_minor),
        tuple(sorted(entries)),
        tuple(sorted(told.items())),
    )


def take(order: Order) -> None:
    """What a worker or a manager does: go as far as the bank lets it."""
    payment = payment_of(order)
    if authorise_payment(payment).outcome == Outcome.SUCCEEDED:
        capture_payment(payment)


def disputes() -> int:
    return OutboxMessage.objects.filter(type="payments.payment.disputed.v1").count()


def forget_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the adapter ask under a new key each time."""
    post = stripe._post

    def with_random_key(call: Any, *about: str, params: Any, key: str) -> Any:
        return post(call, *about, params=params, key=f"{key}:{uuid4()}")

    monkeypatch.setattr(stripe, "_post", with_random_key)


def pay_as_soon_as_there_is_a_page(bank: Bank) -> None:
    wait_for(lambda: bool(bank.book["sessions"]))
    bank.pay_all()


def wait_for(condition: Callable[[], bool]) -> None:
    # The bank delivers one after the other, each event up to twenty times.
    deadline = time.monotonic() + 30 + 20 * ORDERS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
