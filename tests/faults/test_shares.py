"""Two cards, two tabs, a bank that changes its mind (F20): an order is paid once, and the rest goes back."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.db.models import F, Sum
from django.utils import timezone

from apps.core.errors import DomainError
from apps.orders.models import Order
from apps.orders.services import begin_payment, expire_unpaid_orders, transitions
from apps.payments.models import Payment, Transaction
from apps.payments.services import payments, refund_payments, refunds, return_undue
from apps.payments.services.ledger import record_capture
from apps.payments.types import GatewayAnswer, Outcome
from tests.factories.orders import make_draft, make_order
from tests.factories.payments import share_of
from tests.factories.shop import stock_variant
from tests.races import race
from tests.relays import relay

TIMES = 50
ROUNDS = 10
TOTAL = make_draft(lines={"A": 2}).total
CARDS = ("tok_success", "tok_3ds")
_ONE_LIVE = "payments_payment_one_live_per_share"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queues")]


def declined() -> UUID:
    """An order whose card was declined."""
    return make_order(lines={stock_variant(on_hand=2).sku: 2}, token="tok_decline")


def by_two_cards() -> UUID:
    half = TOTAL.minor // 2
    return make_order(
        lines={stock_variant(on_hand=2).sku: 2},
        shares=[share_of(half), share_of(TOTAL.minor - half)],
    )


def pay(order_id: UUID, token: str) -> str:
    """What the shopper is told."""
    try:
        begin_payment(order_id=order_id, gateway="fake", token=token, customer_id=None)
    except DomainError as refusal:
        return refusal.code
    return "taken"


def kept(order_id: UUID) -> int:
    left = Sum(F("captured_minor") - F("refunded_minor"))
    return int(Payment.objects.filter(reference=order_id).aggregate(left=left)["left"] or 0)


def live(order_id: UUID) -> int:
    return Payment.objects.filter(reference=order_id, closed_at=None).count()


def status_of(order_id: UUID) -> str:
    return Order.objects.get(pk=order_id).status


def bank_takes(payment: Payment) -> None:
    """The bank's message: this payment went well after all."""
    answer = GatewayAnswer(outcome=Outcome.SUCCEEDED, captured_minor=payment.amount_minor)
    record_capture(payment, answer=answer)


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No lock on the order, no constraint on its shares, and a moment between the look and the deed."""
    definition = _definition()
    _execute(f"DROP INDEX {_ONE_LIVE}")
    look = payments.list_payments

    def look_and_dawdle(reference: UUID) -> list[Payment]:
        found = list(look(reference))
        time.sleep(0.2)
        return found

    monkeypatch.setattr(payments, "list_payments", look_and_dawdle)
    monkeypatch.setattr(
        transitions.Order.objects.filter().__class__, "select_for_update", lambda self, **_: self
    )
    numbers = iter(range(1, 10**6))
    build = payments._payment
    monkeypatch.setattr(
        payments,
        "_payment",
        lambda *about, **fields: build(*about, **{**fields, "attempt": next(numbers) + 1}),
    )
    yield
    monkeypatch.undo()
    Transaction.objects.all().delete()
    Payment.objects.all().delete()
    _execute(definition)


def _definition() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [_ONE_LIVE])
        return str(cursor.fetchone()[0])


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


class TestTwoTabsWithTwoCards:
    def test_pay_once(self, reached: Callable[..., None]) -> None:
        told: Counter[str] = Counter()
        for _ in range(ROUNDS):
            order_id = declined()
            told.update(race(lambda number, one=order_id: pay(one, CARDS[number]), runners=2))
            relay()
            assert live(order_id) == 1
            assert kept(order_id) in (0, TOTAL.minor)

        assert told == {"taken": ROUNDS, "payment_under_way": ROUNDS}
        reached(
            "F20",
            f"{ROUNDS} declined orders, two tabs with two cards each",
            to_reach="one card is asked, the other tab is told to wait",
            number=f"{told['taken']} asked, {told['payment_under_way']} told to wait",
        )


class TestFiftyRetriesAtOnce:
    def test_are_one_attempt(self, reached: Callable[..., None]) -> None:
        order_id = declined()

        told = Counter(race(lambda number: pay(order_id, CARDS[number % 2]), runners=TIMES))
        relay()

        attempts = Payment.objects.filter(reference=order_id).count()
        assert (attempts, live(order_id)) == (2, 1)
        assert set(told) == {"taken", "payment_under_way"}
        reached(
            "F20",
            f"{TIMES} retries of one declined order at once, with two cards",
            to_reach="one attempt beside the declined one",
            number=f"{attempts - 1} attempt, {told['payment_under_way']} told to wait",
        )


class TestADeclineAndThenTheBanksWord:
    def test_pays_by_the_second_and_returns_the_first(self, reached: Callable[..., None]) -> None:
        returned = 0
        for _ in range(ROUNDS):
            order_id = declined()
            first = Payment.objects.get(reference=order_id)

            race(
                lambda number, one=order_id, old=first: (
                    pay(one, "tok_success") if number else bank_takes(old)
                ),
                runners=2,
            )
            relay()

            assert status_of(order_id) == "paid"
            assert kept(order_id) == TOTAL.minor
            first.refresh_from_db()
            returned += first.refunded_minor == first.captured_minor == TOTAL.minor
        assert returned == ROUNDS
        reached(
            "F20",
            f"{ROUNDS} declined cards that took the money after all, while another card pays",
            to_reach="paid once, the late money returned",
            number=f"{ROUNDS} paid once, {returned} returned",
        )


class TestARetryAgainstTheExpiry:
    def test_is_paid_or_stopped_and_never_both(self, reached: Callable[..., None]) -> None:
        ends: Counter[str] = Counter()
        for number in range(ROUNDS):
            order_id = declined()
            moment = timezone.now() + timedelta(milliseconds=20 * (number % 3))
            Order.objects.filter(pk=order_id).update(pay_by=moment)

            race(
                lambda which, one=order_id: (
                    pay(one, "tok_success") if which else _expire_when_due(one)
                ),
                runners=2,
            )
            relay()

            ends[status_of(order_id)] += 1
            assert kept(order_id) == (TOTAL.minor if status_of(order_id) == "paid" else 0)
        assert set(ends) <= {"paid", "rejected", "cancelled"}
        reached(
            "F20",
            f"{ROUNDS} retries at the moment at which the order expires",
            to_reach="paid with its money, or stopped without",
            number=", ".join(f"{count} {status}" for status, count in sorted(ends.items())),
        )


def _expire_when_due(order_id: UUID) -> None:
    for _ in range(20):
        expire_unpaid_orders()
        if status_of(order_id) != "awaiting_payment":
            return
        time.sleep(0.01)


class TestARefundOverTwoPayments:
    def test_sends_no_more_than_each_has_taken(self, reached: Callable[..., None]) -> None:
        order_id = by_two_cards()
        third = type(TOTAL)(TOTAL.minor // 3, TOTAL.currency)

        def refund(number: int) -> bool:
            try:
                refund_payments(reference=order_id, amount=third, key=f"key {number}")
            except DomainError:
                return False
            return True

        sent = sum(race(refund, runners=8))
        return_undue(reference=order_id, whole=True)

        assert sent == 3
        assert kept(order_id) == 0
        assert not Payment.objects.filter(refunded_minor__gt=F("captured_minor")).exists()
        reached(
            "F20",
            "8 refunds of a third at once over two payments, then all that is left",
            to_reach="3 refunds; nothing kept, nothing sent twice",
            number=f"{sent} refunds, {kept(order_id)} kept",
        )


@pytest.mark.control
class TestControls:
    @pytest.mark.usefixtures("unguarded")
    def test_without_lock_and_constraint_two_cards_are_charged(
        self, reached: Callable[..., None]
    ) -> None:
        order_id = declined()

        told = race(lambda _: pay(order_id, "tok_success"), runners=2)
        charged = live(order_id)

        assert told == ["taken", "taken"]
        assert charged == 2
        reached(
            "F20",
            "… control: two tabs, no lock and no constraint",
            to_reach="two live attempts at one share",
            number=f"{charged} live attempts",
        )

    def test_without_the_lock_the_constraint_still_lets_one_through(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        """The last guard, alone."""
        order_id = declined()
        monkeypatch.setattr(
            transitions.Order.objects.filter().__class__,
            "select_for_update",
            lambda self, **_: self,
        )

        def press(number: int) -> str:
            try:
                return pay(order_id, CARDS[number % 2])
            except IntegrityError:
                return "refused by the database"

        told = Counter(race(press, runners=8))

        assert live(order_id) == 1
        reached(
            "F20",
            "… control: eight retries without the lock, with the constraint",
            to_reach="one live attempt, the others refused by the database or told to wait",
            number=", ".join(f"{count} {what}" for what, count in sorted(told.items())),
        )

    def test_that_counts_late_money_pays_twice(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        """Nobody returns what a closed payment took."""
        order_id = declined()
        first = Payment.objects.get(reference=order_id)
        monkeypatch.setattr(refunds, "_claim_rest", lambda _payment: None)

        pay(order_id, "tok_success")
        bank_takes(first)
        relay()

        assert kept(order_id) == 2 * TOTAL.minor
        reached(
            "F20",
            "… control: nobody returns late money",
            to_reach="the shopper has paid twice",
            number=f"{kept(order_id) // TOTAL.minor} times the total kept",
        )

    def test_without_the_lock_refunds_exceed_what_was_taken(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        order_id = by_two_cards()
        third = type(TOTAL)(TOTAL.minor // 3, TOTAL.currency)
        sent: list[int] = []
        monkeypatch.setattr(
            refunds.Payment.objects.filter().__class__, "select_for_update", lambda self, **_: self
        )
        split = refunds.rules.split

        def split_and_dawdle(minor: int, **left: Any) -> list[int]:
            parts = split(minor, **left)
            time.sleep(0.2)
            sent.append(sum(parts))
            return parts

        monkeypatch.setattr(refunds.rules, "split", split_and_dawdle)

        def refund(number: int) -> bool:
            try:
                refund_payments(reference=order_id, amount=third, key=f"key {number}")
            except (DomainError, IntegrityError):
                return False
            return True

        race(refund, runners=8)

        # The table's own constraint is the last guard: it refuses, but only after all have been let through.
        assert len(sent) > 3
        assert sum(sent) > TOTAL.minor
        reached(
            "F20",
            "… control: refunds over two payments without the lock",
            to_reach="more is let through than was taken",
            number=f"{len(sent)} let through of 3",
        )
