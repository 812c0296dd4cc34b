"""Money is held and taken as the bank says, and taken once."""

import time

import pytest
from django.db import connection

from apps.core.models import new_id
from apps.core.types import Money
from apps.events.models import OutboxMessage
from apps.payments.errors import (
    CaptureDeclined,
    GatewayTimeout,
    GatewayUnavailable,
    UnknownPaymentToken,
)
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.providers.fake.provider import CAPTURE_LATE, CAPTURE_REFUSED, TOKENS, VOID_LATE
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    check_token,
    payments,
)
from apps.payments.services.ledger import record_authorisation, record_capture
from apps.payments.services.payments import void_payment
from apps.payments.types import GatewayAnswer, Outcome
from tests.factories.payments import make_captured_payment, make_payment
from tests.races import race


def ledger() -> list[tuple[str, str]]:
    return list(Transaction.objects.order_by("id").values_list("kind", "outcome"))


def announced() -> list[str]:
    return list(OutboxMessage.objects.order_by("id").values_list("type", flat=True))


def amounts(payment: Payment) -> tuple[int, int, int]:
    """Authorised, captured and refunded, as the database has them."""
    payment.refresh_from_db()
    return payment.authorised_minor, payment.captured_minor, payment.refunded_minor


def time_out(*_: object) -> None:
    raise GatewayTimeout


def overtake(payment: Payment, monkeypatch: pytest.MonkeyPatch, *, answer: GatewayAnswer) -> None:
    """Let a void happen while the gateway is still at the authorisation."""

    def void_first(*_: object) -> GatewayAnswer:
        void_payment(payment_id=payment.pk)
        return answer

    monkeypatch.setattr(FakeProvider, "authorise", void_first)


def waiting_for_shopper() -> Payment:
    payment = make_payment(token="tok_3ds")
    authorise_payment(payment)
    payment.refresh_from_db()
    return payment


class TestCheckToken:
    @pytest.mark.parametrize("token", TOKENS)
    def test_lets_the_gateways_own_tokens_through(self, token: str) -> None:
        check_token(gateway="fake", token=token)

    @pytest.mark.parametrize(
        ("gateway", "token"),
        [("fake", "tok_unknown"), ("fake", ""), ("stripe", "tok_success"), ("", "tok_success")],
    )
    def test_refuses_any_other(self, gateway: str, token: str) -> None:
        with pytest.raises(UnknownPaymentToken):
            check_token(gateway=gateway, token=token)


@pytest.mark.django_db
class TestOpenPayment:
    def test_writes_down_what_is_due_and_moves_nothing(self) -> None:
        reference = new_id()

        payment = make_payment(reference=reference, gateway="fake", token="tok_success", minor=1235)

        assert payment.amount == Money(1235, "GBP")
        assert amounts(payment) == (0, 0, 0)
        assert ledger() == []


@pytest.mark.django_db
class TestAuthorisePayment:
    @pytest.mark.parametrize("token", ["tok_success", "tok_timeout"])
    def test_holds_the_whole_amount(self, token: str) -> None:
        payment = make_payment(token=token)

        answer = authorise_payment(payment)

        assert answer.outcome == Outcome.SUCCEEDED
        assert amounts(payment) == (1235, 0, 0)
        assert payment.gateway_reference == answer.reference != ""
        assert ledger() == [("authorise", "succeeded")]

    def test_of_a_declined_payment_closes_it_and_says_so(self) -> None:
        payment = make_payment(token="tok_decline")

        answer = authorise_payment(payment)

        assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "declined by the bank")
        assert amounts(payment) == (0, 0, 0)
        assert payment.closed_at is not None
        assert ledger() == [("authorise", "declined")]
        assert announced() == ["payments.payment.failed.v1"]

    def test_that_needs_the_shopper_keeps_the_banks_page(self) -> None:
        payment = make_payment(token="tok_3ds")

        answer = authorise_payment(payment)

        assert answer.outcome == Outcome.ACTION_REQUIRED
        assert amounts(payment) == (0, 0, 0)
        assert payment.action_url == answer.action_url == f"/demo-bank/{payment.id}/"
        assert ledger() == [("authorise", "action_required")]

    @pytest.mark.parametrize(
        ("token", "outcome"),
        [
            ("tok_success", Outcome.SUCCEEDED),
            ("tok_timeout", Outcome.SUCCEEDED),
            ("tok_decline", Outcome.DECLINED),
            ("tok_3ds", Outcome.ACTION_REQUIRED),
        ],
    )
    def test_once_more_gets_the_same_answer_and_asks_nobody(
        self, token: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_payment(token=token)
        authorise_payment(payment)
        payment.refresh_from_db()
        before, entries = amounts(payment), ledger()
        monkeypatch.delattr(FakeProvider, "authorise")

        answer = authorise_payment(payment)

        assert answer.outcome == outcome
        assert (amounts(payment), ledger()) == (before, entries)

    def test_that_is_answered_after_the_void_lets_go_of_the_money(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_payment()
        overtake(payment, monkeypatch, answer=GatewayAnswer(outcome=Outcome.SUCCEEDED))

        answer = authorise_payment(payment)

        assert answer.outcome == Outcome.DECLINED
        assert amounts(payment) == (1235, 0, 0)
        assert payment.released_at is not None
        assert ledger() == [("authorise", "succeeded"), ("void", "succeeded")]
        assert announced() == []

    def test_that_opens_a_page_after_the_void_closes_the_page(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_payment()
        page = GatewayAnswer(outcome=Outcome.ACTION_REQUIRED, reference="r", action_url="/page/")
        overtake(payment, monkeypatch, answer=page)

        answer = authorise_payment(payment)

        payment.refresh_from_db()
        assert answer.outcome == Outcome.DECLINED
        assert (payment.action_url, payment.gateway_reference) == ("", "r")
        assert payment.released_at is not None

    def test_leaves_an_unrecorded_hold_without_the_late_record(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: nothing on record, nothing to let go of."""
        payment = make_payment()
        overtake(payment, monkeypatch, answer=GatewayAnswer(outcome=Outcome.SUCCEEDED))
        monkeypatch.setattr(payments, "record_late_answer", lambda *_, **__: None)
        monkeypatch.setattr(payments, "let_go", lambda *_: None)

        authorise_payment(payment)

        assert (amounts(payment), ledger()) == ((0, 0, 0), [])
        assert payment.released_at is None

    def test_that_a_hook_has_overtaken_says_what_is_on_record(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_payment()

        def hook_first(*_: object) -> GatewayAnswer:
            record_authorisation(
                payment, answer=GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="hook")
            )
            return GatewayAnswer(outcome=Outcome.ACTION_REQUIRED, action_url="/page/")

        monkeypatch.setattr(FakeProvider, "authorise", hook_first)

        answer = authorise_payment(payment)

        assert (answer.outcome, answer.reference) == (Outcome.SUCCEEDED, "hook")
        assert ledger() == [("authorise", "succeeded")]

    def test_of_nothing_asks_no_gateway(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(FakeProvider, "authorise")
        monkeypatch.delattr(FakeProvider, "capture")
        payment = make_payment(minor=0, token="tok_decline")

        for _ in range(2):
            answer = authorise_payment(payment)
            capture_payment(payment)

        assert answer.outcome == Outcome.SUCCEEDED
        assert (ledger(), announced()) == ([], [])


@pytest.mark.django_db
class TestCapturePayment:
    def test_takes_what_was_held_and_says_so(self) -> None:
        payment = make_captured_payment()

        assert amounts(payment) == (1235, 1235, 0)
        assert ledger() == [("authorise", "succeeded"), ("capture", "succeeded")]
        assert announced() == ["payments.payment.captured.v1"]

    def test_once_more_takes_nothing(self) -> None:
        payment = make_captured_payment()

        capture_payment(payment)
        payment.captured_minor = 0
        capture_payment(payment)

        assert amounts(payment) == (1235, 1235, 0)
        assert ledger().count(("capture", "succeeded")) == 1
        assert announced() == ["payments.payment.captured.v1"]

    def test_that_the_gateway_refuses_closes_the_payment_and_says_so(self) -> None:
        payment = make_payment(minor=CAPTURE_REFUSED)
        authorise_payment(payment)

        for _ in range(2):
            with pytest.raises(CaptureDeclined) as refusal:
                capture_payment(payment)

        assert refusal.value.details == {"reason": "refused by the bank"}
        assert amounts(payment) == (CAPTURE_REFUSED, 0, 0)
        assert payment.closed_at is not None
        assert payment.released_at is not None
        assert ledger() == [
            ("authorise", "succeeded"),
            ("capture", "declined"),
            ("void", "succeeded"),
        ]
        assert announced() == ["payments.payment.failed.v1"]
        assert authorise_payment(payment).outcome == Outcome.DECLINED

    def test_whose_answer_is_lost_is_found(self) -> None:
        payment = make_captured_payment(minor=CAPTURE_LATE)

        assert amounts(payment) == (CAPTURE_LATE, CAPTURE_LATE, 0)

    def test_records_no_more_than_is_due_whatever_the_gateway_says(self) -> None:
        payment = make_payment()

        too_much = GatewayAnswer(outcome=Outcome.SUCCEEDED, captured_minor=1236)
        record_capture(payment, answer=too_much)

        assert amounts(payment) == (1235, 1235, 0)

    def test_that_is_neither_taken_nor_refused_is_asked_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_payment()
        authorise_payment(payment)
        neither = GatewayAnswer(outcome=Outcome.ACTION_REQUIRED)
        with monkeypatch.context() as bank:
            bank.setattr(FakeProvider, "capture", lambda *_: neither)
            with pytest.raises(GatewayUnavailable, match="capture action_required"):
                capture_payment(payment)
        payment.refresh_from_db()
        assert payment.closed_at is None
        assert ledger() == [("authorise", "succeeded")]

        capture_payment(payment)

        assert amounts(payment) == (1235, 1235, 0)

    def test_during_an_outage_is_asked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_payment()
        authorise_payment(payment)
        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "capture", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                capture_payment(payment)
        assert amounts(payment) == (1235, 0, 0)

        capture_payment(payment)

        assert amounts(payment) == (1235, 1235, 0)


@pytest.mark.django_db(transaction=True)
class TestCapturesAtTheSameMoment:
    def test_take_the_money_once(self) -> None:
        payment = make_payment()
        authorise_payment(payment)

        race(lambda _: capture_payment(Payment.objects.get(pk=payment.pk)))

        assert amounts(payment) == (1235, 1235, 0)
        assert ledger().count(("capture", "succeeded")) == 1
        assert announced() == ["payments.payment.captured.v1"]

    def test_are_booked_more_than_once_without_the_guard(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: look first, then write, with the constraint switched off."""
        payment = make_payment()
        authorise_payment(payment)

        def look_then_write(payment: Payment, *, answer: GatewayAnswer) -> None:
            if Payment.objects.get(pk=payment.pk).captured_minor == 0:
                time.sleep(0.1)
                Payment.objects.filter(pk=payment.pk).update(captured_minor=1235)
                Transaction.objects.create(
                    payment=payment,
                    kind="capture",
                    outcome="succeeded",
                    amount_minor=1235,
                    currency="GBP",
                    idempotency_key=str(new_id()),
                )

        monkeypatch.setattr(payments, "record_capture", look_then_write)
        with connection.cursor() as cursor:
            name = "payments_one_capture_per_payment"
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
            (index,) = cursor.fetchone()
            cursor.execute(f"DROP INDEX {name}")
        try:
            race(lambda _: capture_payment(Payment.objects.get(pk=payment.pk)))

            assert ledger().count(("capture", "succeeded")) > 1
        finally:
            Transaction.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(index)


@pytest.mark.django_db
class TestVoidPayment:
    def test_lets_go_of_what_was_held(self) -> None:
        payment = make_payment()
        authorise_payment(payment)

        for _ in range(2):
            void_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.closed_at is not None
        assert ledger() == [("authorise", "succeeded"), ("void", "succeeded")]

    def test_of_a_payment_that_waits_closes_its_page(self) -> None:
        payment = waiting_for_shopper()

        void_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.closed_at is not None
        assert payment.released_at is not None
        assert payment.action_url == ""
        assert ledger() == [("authorise", "action_required")]

    def test_of_a_payment_nobody_was_asked_about_leaves_that_open(self) -> None:
        payment = make_payment()

        void_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.closed_at is not None
        assert payment.released_at is None

    def test_whose_answer_is_lost_is_found(self) -> None:
        payment = make_payment(minor=VOID_LATE)
        authorise_payment(payment)

        void_payment(payment_id=payment.pk)

        assert ledger() == [("authorise", "succeeded"), ("void", "succeeded")]

    def test_during_an_outage_closes_first_and_lets_go_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_payment()
        authorise_payment(payment)
        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "void", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                void_payment(payment_id=payment.pk)
        payment.refresh_from_db()
        assert (payment.closed_at is not None, payment.released_at) == (True, None)

        void_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_that_finds_the_money_taken_records_that(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_payment()
        authorise_payment(payment)
        taken = GatewayAnswer(outcome=Outcome.DECLINED, captured_minor=1235)
        monkeypatch.setattr(FakeProvider, "void", lambda *_: taken)

        void_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 1235, 0)
        assert announced() == ["payments.payment.captured.v1", "payments.payment.came_late.v1"]

    def test_leaves_a_captured_payment_alone(self) -> None:
        payment = make_captured_payment()

        void_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 1235, 0)
        assert payment.closed_at is None


def refuse_to_be_asked(*_: object) -> GatewayAnswer:
    raise AssertionError("the bank was asked")


@pytest.mark.django_db
class TestLetGo:
    def test_asks_nobody_about_an_open_payment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_payment()
        authorise_payment(payment)
        monkeypatch.setattr(FakeProvider, "void", refuse_to_be_asked)

        payments.let_go(payment)

        assert amounts(payment) == (1235, 0, 0)

    def test_asks_nobody_about_what_was_let_go_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_payment()
        authorise_payment(payment)
        void_payment(payment_id=payment.pk)
        monkeypatch.setattr(FakeProvider, "void", refuse_to_be_asked)
        payment.refresh_from_db()

        payments.let_go(payment)

        assert ledger() == [("authorise", "succeeded"), ("void", "succeeded")]
