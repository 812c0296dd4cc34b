"""What a gateway and the ledger know differently comes together, or is said aloud."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.core.cache import cache as core_cache
from django.utils import timezone
from pytest_django import Settings

from apps.core import services as core_services
from apps.core.models import SweepFailure
from apps.core.types import Money
from apps.events.models import OutboxMessage
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import Discrepancy, Payment, Transaction, WebhookEvent
from apps.payments.providers.fake import FakeProvider
from apps.payments.providers.fake.provider import REFUND_REFUSED
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    provider_books,
    reconcile,
    reconciliation,
    refund_payments,
    resolve_payment,
)
from apps.payments.services.payments import void_payment
from apps.payments.services.provider_calls import CircuitBreaker
from apps.payments.tasks import reconcile as reconcile_task
from apps.payments.types import GatewayRecord
from tests.bank import Bank, bank_thread, use_bank
from tests.factories.payments import make_captured_payment, make_payment
from tests.payments.test_webhooks import hear

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running() -> Iterator[Bank]:
    with bank_thread() as bank:
        yield bank


@pytest.fixture
def bank(running: Bank, settings: Settings) -> Bank:
    running.lever("reset")
    use_bank(settings, running.url)
    return running


@pytest.fixture(autouse=True)
def _said(capsys: pytest.CaptureFixture[str]) -> None:
    """Metrics are lines on standard output."""


def soon(minutes: int = 5) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def waiting() -> Payment:
    payment = make_payment(gateway="stripe", token="hosted", minor=1235)
    authorise_payment(payment)
    payment.refresh_from_db()
    return payment


def held(bank: Bank) -> Payment:
    payment = waiting()
    bank.pay_all()
    return resolve_payment(payment_id=payment.pk)


def captured(bank: Bank) -> Payment:
    payment = held(bank)
    capture_payment(payment)
    payment.refresh_from_db()
    return payment


def forget(payment: Payment) -> None:
    """As if the database had been restored from before the payment."""
    Transaction.objects.filter(payment=payment).delete()
    payment.delete()


def amounts(payment: Payment) -> tuple[int, int, int]:
    payment.refresh_from_db()
    return payment.authorised_minor, payment.captured_minor, payment.refunded_minor


def discrepancies() -> list[tuple[str, bool]]:
    """The kind of each discrepancy, and whether it is settled."""
    return [(one.kind, one.settled_at is not None) for one in Discrepancy.objects.order_by("id")]


def announced() -> list[str]:
    events = OutboxMessage.objects.order_by("id").values_list("type", flat=True)
    return [name.removeprefix("payments.payment.") for name in events]


def time_out(*_: object) -> None:
    raise GatewayTimeout


class TestPaymentsThatAreOver:
    def test_are_asked_about_no_more(self) -> None:
        taken, ended = make_captured_payment(), make_payment()
        authorise_payment(ended)
        void_payment(payment_id=ended.pk)

        reconcile(now=soon())

        assert {one.checked_at for one in Payment.objects.all()} == {None}
        assert amounts(taken) == (1235, 1235, 0)


class TestPaymentsLeftHalfDone:
    def test_of_a_shopper_who_paid_unheard_are_announced(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        for _ in range(2):
            reconcile(now=soon())

        assert amounts(payment) == (1235, 0, 0)
        assert announced() == ["authorised.v1"]
        assert discrepancies() == []

    def test_are_left_alone_while_they_are_young(self, bank: Bank) -> None:
        waiting()
        bank.misbehave("sessions.retrieve", "error", times=1)

        reconcile(now=timezone.now() + timedelta(minutes=2))

        assert Payment.objects.get().checked_at is None

    def test_that_were_closed_but_hold_are_let_go(self, bank: Bank) -> None:
        payment = held(bank)
        bank.misbehave("*", "drop", times=9)
        with pytest.raises(GatewayUnavailable):
            void_payment(payment_id=payment.pk)
        bank.lever("behave")
        assert bank.held == [payment.gateway_reference]

        reconcile(now=soon())

        assert bank.held == []
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_whose_worker_died_before_it_could_record_are_let_go(self, bank: Bank) -> None:
        payment = waiting()
        Payment.objects.update(gateway_reference="", action_url="", closed_at=timezone.now())
        Transaction.objects.all().delete()

        reconcile(now=soon())

        assert [one["status"] for one in bank.book["sessions"]] == ["expired"]
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_that_cannot_be_let_go_are_a_difference_until_they_are(self, bank: Bank) -> None:
        payment = held(bank)
        Payment.objects.update(closed_at=timezone.now())
        bank.misbehave("*", "drop", times=99)

        assert reconcile(now=soon()) == 0
        assert discrepancies() == [("unfinished", False)]
        assert reconcile(now=soon(20)) == 1
        bank.lever("behave")

        assert reconcile(now=soon(25)) == 0
        assert discrepancies() == [("unfinished", True)]
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_of_a_dead_gateway_do_not_hold_up_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def note_and_time_out(_: object, request: object) -> None:
            asked.append(request)
            time_out()

        payments = [make_payment(token="tok_3ds") for _ in range(5)]
        for payment in payments:
            authorise_payment(payment)
        monkeypatch.setattr(FakeProvider, "fetch", note_and_time_out)

        reconcile(now=soon())

        assert len(asked) == 3

    def test_are_taken_in_turns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payments = [make_payment(token="tok_3ds") for _ in range(3)]
        for payment in payments:
            authorise_payment(payment)
        monkeypatch.setattr(reconciliation, "AT_MOST", 2)

        for minutes in (5, 10):
            reconcile(now=soon(minutes))

        assert not Payment.objects.filter(checked_at=None).exists()


class TestRefundsLeftHalfDone:
    def test_are_sent_once(self, bank: Bank) -> None:
        payment = captured(bank)
        bank.misbehave("*", "drop", times=9)
        with pytest.raises(GatewayUnavailable):
            refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")
        bank.lever("behave")

        for _ in range(2):
            reconcile(now=soon())

        assert bank.refunded == [400]
        assert announced().count("refunded.v1") == 1

    def test_are_left_alone_while_they_are_young(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_captured_payment()
        monkeypatch.setattr(FakeProvider, "refund", time_out)
        monkeypatch.setattr(FakeProvider, "fetch", time_out)
        with pytest.raises(GatewayUnavailable):
            refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")

        reconcile(now=timezone.now() + timedelta(minutes=2))
        assert discrepancies() == []
        reconcile(now=timezone.now() + timedelta(minutes=3))

        assert discrepancies() == [("unfinished", False)]

    def test_that_cannot_be_sent_are_a_difference_until_they_are(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_captured_payment()
        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "refund", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")

            assert reconcile(now=soon()) == 0
            assert reconcile(now=soon(20)) == 1
        assert discrepancies() == [("unfinished", False)]

        assert reconcile(now=soon(25)) == 0
        assert discrepancies() == [("unfinished", True)]
        assert amounts(payment) == (1235, 1235, 400)

    def test_that_are_refused_wait_for_somebody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_captured_payment(minor=REFUND_REFUSED)
        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "refund", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                refund_payments(reference=payment.reference, amount=payment.amount, key="one")

        for minutes in (5, 20):
            old = reconcile(now=soon(minutes))

        assert old == 1
        assert discrepancies() == [("refund_refused", False)]
        assert amounts(payment) == (REFUND_REFUSED, REFUND_REFUSED, 0)


class TestTheGatewaysBooks:
    def test_of_what_staff_did_at_its_desk_are_believed(self, bank: Bank) -> None:
        payment = captured(bank)
        bank.lever("refund", payment_intent=payment.gateway_reference, amount="400")

        for _ in range(2):
            reconcile(now=soon())

        assert amounts(payment) == (1235, 1235, 400)
        assert announced()[-1] == "refunded.v1"
        assert discrepancies() == []

    def test_with_captured_money_of_nobody_send_it_back(self, bank: Bank) -> None:
        forget(captured(bank))

        reconcile(now=soon())
        assert (bank.refunded, discrepancies()) == ([], [("unknown", False)])
        for _ in range(2):
            reconcile(now=soon(11))

        assert bank.refunded == [1235]
        assert discrepancies() == [("unknown", True)]
        assert Discrepancy.objects.get().note == "sent back"

    def test_with_held_money_of_nobody_let_it_go(self, bank: Bank) -> None:
        forget(held(bank))

        reconcile(now=soon(11))

        assert (bank.held, bank.captured) == ([], [])
        assert discrepancies() == [("unknown", True)]

    def test_of_another_stage_are_none_of_ours(self, bank: Bank, settings: Settings) -> None:
        stage, settings.STAGE = settings.STAGE, "another"
        forget(captured(bank))
        settings.STAGE = stage

        reconcile(now=soon(11))

        assert (bank.refunded, discrepancies()) == ([], [])

    def test_with_less_than_was_recorded_are_a_difference_until_they_agree(
        self, bank: Bank
    ) -> None:
        payment = captured(bank)
        Payment.objects.update(refunded_minor=500)

        assert reconcile(now=soon()) == 0
        assert reconcile(now=soon(20)) == 1
        assert discrepancies() == [("amount", False)]
        Payment.objects.update(refunded_minor=0)

        assert reconcile(now=soon(25)) == 0
        assert discrepancies() == [("amount", True)]
        assert payment.amount_minor == 1235

    def test_that_are_long_are_gone_on_with(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for age in (30, 20, 10):
            payment = captured(bank)
            bank.lever("backdate", payment_intent=payment.gateway_reference, seconds=age)
            forget(payment)
        monkeypatch.setattr(provider_books, "AT_MOST", 2)
        monkeypatch.setattr(provider_books, "BATCH", 2)

        for _ in range(3):
            reconcile(now=soon(11))

        assert len(bank.refunded) == 3

    @pytest.mark.parametrize("compared", [1, 2])
    def test_are_gone_on_with_where_time_ran_short(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch, compared: int
    ) -> None:
        """The time is over after one or two of three records, however many pages they fill."""
        opened = []
        for age in (30, 20, 10):
            payment = captured(bank)
            bank.lever("backdate", payment_intent=payment.gateway_reference, seconds=age)
            forget(payment)
            opened.insert(0, payment.gateway_reference)
        monkeypatch.setattr(provider_books, "AT_MOST", 3)
        monkeypatch.setattr(provider_books, "BATCH", 2)
        asked = []
        give_back = provider_books._return_unknown

        def record_of(name: str, record: GatewayRecord, *, now: datetime) -> None:
            asked.append(record.reference)
            give_back(name, record, now=now)
            if len(asked) == compared:
                time_is_over()

        clock = [100.0]
        time_is_over = partial(clock.__setitem__, 0, 1.0)
        for module in (provider_books, core_services):
            monkeypatch.setattr(module, "seconds_left", lambda: clock[0])
        monkeypatch.setattr(provider_books, "_return_unknown", record_of)
        provider_books.compare_books(now=soon(11), breaker=CircuitBreaker())
        assert asked == opened[:compared]

        clock[0] = 100.0
        provider_books.compare_books(now=soon(11), breaker=CircuitBreaker())
        assert set(asked) == set(opened)
        assert len(bank.refunded) == 3

    def test_are_gone_on_with_where_the_gateway_fell_silent(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It answers none of the first three: the next run begins where it was last asked in earnest, and
        what failed before is asked again once the end was reached.
        """
        for age in (60, 50, 40, 30, 20, 10):
            payment = captured(bank)
            bank.lever("backdate", payment_intent=payment.gateway_reference, seconds=age)
            forget(payment)
        monkeypatch.setattr(provider_books, "AT_MOST", 6)

        def fail(*_: object, **__: object) -> None:
            raise GatewayUnavailable

        with monkeypatch.context() as silent:
            silent.setattr(provider_books, "_return_unknown", fail)
            provider_books.compare_books(now=soon(11), breaker=CircuitBreaker())
        refunded = []
        for _ in range(2):
            provider_books.compare_books(now=soon(11), breaker=CircuitBreaker())
            refunded.append(len(bank.refunded))

        assert refunded == [5, 6]

    def test_are_gone_through_past_a_record_that_rests(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What failed just now is not asked again yet, and keeps nothing behind it from being compared."""
        older, newest = captured(bank), captured(bank)
        bank.lever("backdate", payment_intent=older.gateway_reference, seconds=30)
        for payment in (older, newest):
            forget(payment)
        give_back = provider_books._return_unknown

        def fail_on_newest(name: str, record: GatewayRecord, *, now: datetime) -> None:
            if record.reference == newest.gateway_reference:
                raise ValueError("nobody can read this")
            give_back(name, record, now=now)

        monkeypatch.setattr(provider_books, "BATCH", 1)
        monkeypatch.setattr(provider_books, "_return_unknown", fail_on_newest)
        with monkeypatch.context() as first_run:
            first_run.setattr(provider_books, "AT_MOST", 1)
            provider_books.compare_books(now=soon(11), breaker=CircuitBreaker())
        assert SweepFailure.objects.count() == 1
        core_cache.clear()

        provider_books.compare_books(now=soon(11), breaker=CircuitBreaker())

        assert bank.refunded == [1235]

    def test_that_stay_shut_stop_nothing_else(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        bank.misbehave("payment_intents.list", "drop")

        reconcile(now=soon())

        assert amounts(payment) == (1235, 0, 0)


class TestMessagesOfNoPayment:
    def test_are_tried_again(self, bank: Bank) -> None:
        payment = captured(bank)
        bank.lever("dispute", payment_intent=payment.gateway_reference)
        Payment.objects.update(gateway_reference="")
        assert hear(*bank.events("charge.dispute.created")) == ["unmatched"]
        Payment.objects.update(gateway_reference=bank.book["intents"][0]["id"])

        for _ in range(2):
            reconcile(now=soon())

        assert WebhookEvent.objects.get().outcome == "applied"
        assert announced().count("disputed.v1") == 1


class TestAMessageThatCannotBeRead:
    def test_keeps_no_other_and_no_book_from_being_looked_at(self, bank: Bank) -> None:
        payment = captured(bank)
        bank.lever("dispute", payment_intent=payment.gateway_reference)
        Payment.objects.update(gateway_reference="")
        WebhookEvent.objects.create(
            gateway="stripe", event_id="evt_bad", outcome="unmatched", news={"kind": 7}
        )
        assert hear(*bank.events("charge.dispute.created")) == ["unmatched"]
        Payment.objects.update(gateway_reference=bank.book["intents"][0]["id"])

        reconcile(now=soon())

        outcomes = dict(WebhookEvent.objects.values_list("event_id", "outcome"))
        assert sorted(outcomes.values()) == ["applied", "unmatched"]
        assert outcomes["evt_bad"] == "unmatched"
        assert SweepFailure.objects.get().sweep == "payments.reconcile:messages"


class TestTheAlarm:
    def test_is_a_metric(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert reconcile_task() == 0

        (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("{")]
        assert json.loads(line)["PaymentDiscrepancies"] == [0]
