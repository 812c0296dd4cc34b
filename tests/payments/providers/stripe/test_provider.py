"""Payments by Stripe, against its stand-in: the same promises as with any gateway."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from apps.core.selectors import brand
from apps.core.types import Money
from apps.events.models import OutboxMessage
from apps.payments.errors import (
    AmountTooSmall,
    CaptureDeclined,
    GatewayUnavailable,
    RefundDeclined,
    UnknownPaymentToken,
    WebhookRefused,
)
from apps.payments.models import Payment, Transaction
from apps.payments.providers.stripe import StripeProvider
from apps.payments.registry import payment_providers
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    check_amount,
    check_payable,
    check_token,
    refund_payments,
    resolve_payment,
    takes_amount,
)
from apps.payments.services.payments import void_payment
from apps.payments.services.provider_calls import request_of
from apps.payments.types import NewsKind, Outcome, TransactionKind
from tests.bank import Bank, bank_thread, signed, use_bank
from tests.doors import offer, tell
from tests.factories.payments import make_payment

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


def provider() -> StripeProvider:
    """As the settings enter it now."""
    found = payment_providers.get("stripe")
    assert isinstance(found, StripeProvider)
    return found


def opened(minor: int = 1235) -> Payment:
    return make_payment(gateway="stripe", token="hosted", minor=minor)


def waiting() -> Payment:
    payment = opened()
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


def amounts(payment: Payment) -> tuple[int, int, int]:
    payment.refresh_from_db()
    return payment.authorised_minor, payment.captured_minor, payment.refunded_minor


def announced() -> list[str]:
    events = OutboxMessage.objects.order_by("id").values_list("type", flat=True)
    return [name.removeprefix("payments.payment.") for name in events]


class TestCheckToken:
    def test_knows_one_word(self, bank: Bank) -> None:
        check_token(gateway="stripe", token="hosted")

        for token in ("tok_success", "", "4242424242424242"):
            with pytest.raises(UnknownPaymentToken):
                check_token(gateway="stripe", token=token)

    def test_refuses_a_gateway_without_a_key(self, settings: Settings) -> None:
        offer(settings, "fake", "account")

        with pytest.raises(UnknownPaymentToken):
            check_token(gateway="stripe", token="hosted")


class TestLeastAmounts:
    @pytest.mark.parametrize(
        ("amount", "takes"),
        [
            (Money(0, "GBP"), True),
            (Money(29, "GBP"), False),
            (Money(30, "GBP"), True),
            (Money(49, "EUR"), False),
            (Money(50, "USD"), True),
            (Money(49, "JPY"), False),
            (Money(50, "JPY"), True),
            (Money(17499, "HUF"), False),
            (Money(17500, "HUF"), True),
            (Money(1, "XAF"), True),
        ],
    )
    def test_are_stripes(self, bank: Bank, amount: Money, takes: bool) -> None:
        assert takes_amount(gateway="stripe", amount=amount) is takes
        assert takes_amount(gateway="fake", amount=amount)
        assert takes_amount(gateway="account", amount=amount)
        if not takes:
            with pytest.raises(AmountTooSmall):
                check_amount(gateway="stripe", amount=amount)

    @pytest.mark.parametrize(("minor", "outcome"), [(29, "declined"), (30, "action_required")])
    def test_are_kept_by_the_stand_in(self, bank: Bank, minor: int, outcome: str) -> None:
        """An order that was accepted before anybody looked is declined, not paid."""
        assert authorise_payment(opened(minor=minor)).outcome == Outcome(outcome)

    def test_leave_a_guest_no_way_to_pay(self, bank: Bank, settings: Settings) -> None:
        penny = Money(1, "GBP")
        offer(settings, "stripe", "account")

        with pytest.raises(AmountTooSmall) as refusal:
            check_payable(amount=penny, payer_id=None)

        assert refusal.value.details == {"least": "0.30 GBP"}
        check_payable(amount=penny, payer_id=7)
        offer(settings, "fake", "stripe", "account")
        check_payable(amount=penny, payer_id=None)


class TestAuthorise:
    def test_opens_a_page_of_stripes(self, bank: Bank, settings: Settings) -> None:
        payment = opened()

        answer = authorise_payment(payment)

        (session,) = bank.book["sessions"]
        assert answer.outcome == Outcome.ACTION_REQUIRED
        assert answer.action_url == f"{bank.url}/pay/{session['id']}"
        assert (session["amount_total"], session["currency"]) == (1235, "gbp")
        assert session["client_reference_id"] == str(payment.id)
        assert session["metadata"] == {"payment_id": str(payment.id), "stage": settings.STAGE}
        assert session["success_url"] == f"{brand().origin}/pay/return/{payment.id}/"
        assert session["expires_at"] > (datetime.now(UTC) + timedelta(minutes=30)).timestamp()
        payment.refresh_from_db()
        assert payment.gateway_reference == session["id"]

    @pytest.mark.parametrize("how", ["drop", "drop_after", "error", "error_after"])
    def test_once_more_after_a_failure_opens_one_page_only(self, bank: Bank, how: str) -> None:
        payment = opened()
        bank.misbehave("sessions.create", how)

        for _ in range(2):
            try:
                answer = authorise_payment(payment)
            except GatewayUnavailable:
                continue

        payment.refresh_from_db()
        assert answer.action_url == payment.action_url != ""
        shown = [one for one in bank.book["sessions"] if one["url"] == payment.action_url]
        assert len(shown) == 1

    def test_of_what_stripe_cannot_charge_is_declined(self, bank: Bank) -> None:
        payment = make_payment(gateway="stripe", token="hosted", minor=1234, currency="KWD")

        assert authorise_payment(payment).outcome == Outcome.DECLINED
        assert bank.book["sessions"] == []

    def test_of_a_stranger_is_an_outage_and_no_decline(
        self, bank: Bank, settings: Settings
    ) -> None:
        tell(settings, "PAYMENT_PROVIDERS", "stripe", secret_key="pk_wrong")
        payment = opened()

        with pytest.raises(GatewayUnavailable):
            authorise_payment(payment)

        assert (payment.closed_at, announced()) == (None, [])


class TestResolve:
    def test_finds_the_money_held(self, bank: Bank) -> None:
        payment = held(bank)

        assert amounts(payment) == (1235, 0, 0)
        assert payment.gateway_reference == bank.held[0]
        assert announced() == ["authorised.v1"]

    def test_leaves_an_open_page_open(self, bank: Bank) -> None:
        payment = waiting()

        resolve_payment(payment_id=payment.pk)

        assert (amounts(payment), announced()) == ((0, 0, 0), [])

    def test_of_an_expired_page_fails_the_payment(self, bank: Bank) -> None:
        payment = waiting()
        provider().void(request_of(payment, kind=TransactionKind.VOID))

        resolve_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.closed_at is not None
        assert announced() == ["failed.v1"]

    def test_finds_a_hold_that_ran_out(self, bank: Bank) -> None:
        payment = held(bank)
        bank.lever("end_hold", payment_intent=payment.gateway_reference)

        resolve_payment(payment_id=payment.pk)

        assert announced() == ["authorised.v1", "failed.v1"]

    def test_finds_what_staff_did_at_stripes_desk(self, bank: Bank) -> None:
        payment = held(bank)
        bank.lever("capture", payment_intent=payment.gateway_reference)
        bank.lever("refund", payment_intent=payment.gateway_reference, amount="400")

        resolve_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 1235, 400)


class TestCapture:
    def test_takes_the_money_once(self, bank: Bank) -> None:
        payment = captured(bank)
        payment.captured_minor = 0

        capture_payment(payment)

        assert bank.captured == [1235]
        assert amounts(payment) == (1235, 1235, 0)

    @pytest.mark.parametrize("how", ["drop", "drop_after", "error", "error_after"])
    def test_once_more_after_a_failure_takes_it_once(self, bank: Bank, how: str) -> None:
        payment = held(bank)
        bank.misbehave("payment_intents.capture", how)

        for _ in range(2):
            try:
                capture_payment(payment)
            except GatewayUnavailable:
                continue

        assert bank.captured == [1235]
        assert amounts(payment) == (1235, 1235, 0)

    def test_of_a_hold_that_ran_out_is_refused_for_good(self, bank: Bank) -> None:
        payment = held(bank)
        bank.lever("end_hold", payment_intent=payment.gateway_reference)

        with pytest.raises(CaptureDeclined):
            capture_payment(payment)

        payment.refresh_from_db()
        assert (payment.closed_at is None, payment.released_at is None) == (False, False)
        assert announced() == ["authorised.v1", "failed.v1"]

    def test_with_the_reference_of_the_page_finds_the_intent(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        answer = provider().capture(request_of(payment, kind=TransactionKind.CAPTURE))

        assert (answer.outcome, answer.captured_minor) == (Outcome.SUCCEEDED, 1235)

    def test_of_an_open_page_is_refused(self, bank: Bank) -> None:
        answer = provider().capture(request_of(waiting(), kind="capture"))

        assert answer.outcome == Outcome.DECLINED
        assert bank.captured == []


class TestVoid:
    def test_of_an_open_page_closes_it(self, bank: Bank) -> None:
        payment = waiting()

        for _ in range(2):
            void_payment(payment_id=payment.pk)

        assert [one["status"] for one in bank.book["sessions"]] == ["expired"]
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_of_a_page_that_was_paid_on_meanwhile_lets_the_money_go(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        void_payment(payment_id=payment.pk)

        assert (bank.held, bank.captured) == ([], [])
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_lets_held_money_go_once(self, bank: Bank) -> None:
        payment = held(bank)

        for _ in range(2):
            void_payment(payment_id=payment.pk)

        assert bank.held == []
        assert Transaction.objects.filter(kind="void").count() == 1

    @pytest.mark.parametrize("how", ["drop", "drop_after", "error", "error_after"])
    def test_once_more_after_a_failure_lets_it_go(self, bank: Bank, how: str) -> None:
        payment = held(bank)
        bank.misbehave("payment_intents.cancel", how)

        for _ in range(2):
            try:
                void_payment(payment_id=payment.pk)
            except GatewayUnavailable:
                continue

        assert bank.held == []
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_of_money_that_staff_took_records_it(self, bank: Bank) -> None:
        payment = held(bank)
        bank.lever("capture", payment_intent=payment.gateway_reference)

        void_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 1235, 0)
        assert announced() == ["authorised.v1", "captured.v1", "came_late.v1"]

    @pytest.mark.parametrize("reference", ["cs_nobody_knows", "pi_nobody_knows"])
    def test_of_what_stripe_does_not_know_is_done(self, bank: Bank, reference: str) -> None:
        payment = held(bank)
        payment.gateway_reference = reference

        answer = provider().void(request_of(payment, kind=TransactionKind.VOID))

        assert answer.outcome == Outcome.SUCCEEDED


class TestRefund:
    def test_sends_parts_back_once_each(self, bank: Bank) -> None:
        payment = captured(bank)

        for key in ("one", "one", "two"):
            refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key=key)

        assert bank.refunded == [400, 400]
        assert amounts(payment) == (1235, 1235, 800)

    @pytest.mark.parametrize("how", ["drop", "drop_after", "error", "error_after"])
    def test_once_more_after_a_failure_sends_it_once(self, bank: Bank, how: str) -> None:
        payment = captured(bank)
        bank.misbehave("refunds.create", how)

        for _ in range(2):
            try:
                refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")
            except GatewayUnavailable:
                continue

        assert bank.refunded == [400]
        assert amounts(payment) == (1235, 1235, 400)

    def test_of_money_that_staff_sent_back_is_refused(self, bank: Bank) -> None:
        payment = captured(bank)
        bank.lever("refund", payment_intent=payment.gateway_reference, amount="1235")

        with pytest.raises(RefundDeclined):
            refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")

        assert bank.refunded == [1235]
        assert amounts(payment) == (1235, 1235, 0)


class TestFetch:
    def test_of_what_stripe_never_saw_is_nothing(self, bank: Bank) -> None:
        payment = held(bank)

        for kind in ("capture", "void", "refund"):
            assert provider().fetch(request_of(payment, kind=kind)) is None
        payment.gateway_reference = "pi_nobody_knows"
        assert provider().fetch(request_of(payment, kind=TransactionKind.AUTHORISE)) is None


class TestReadWebhook:
    def test_reads_what_is_signed(self, bank: Bank) -> None:
        payment = held(bank)
        (event,) = bank.events("payment_intent.amount_capturable_updated")
        body, signature = signed(event)

        news = provider().read_webhook(body=body, signature=signature, now=datetime.now(UTC))

        assert (news.kind, news.payment_id) == (NewsKind.STANDING, str(payment.id))
        assert news.answer
        assert news.answer.outcome == Outcome.SUCCEEDED

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1, "data": {"object": 3}}'])
    def test_refuses_what_makes_no_sense(self, bank: Bank, body: bytes) -> None:
        from examples.stripe_double.webhooks import signature_of
        from tests.bank import WEBHOOK_SECRET

        now = datetime.now(UTC)
        signature = signature_of(body, secret=WEBHOOK_SECRET, now=int(now.timestamp()))

        with pytest.raises(WebhookRefused, match="cannot be read"):
            provider().read_webhook(body=body, signature=signature, now=now)


class TestListSince:
    def test_lists_what_this_stage_has_opened(self, bank: Bank, settings: Settings) -> None:
        stage = settings.STAGE
        settings.STAGE = "another"
        held(bank)
        settings.STAGE = stage
        mine = held(bank)

        (record,) = provider().list_since(datetime.now(UTC) - timedelta(hours=1))

        assert (record.payment_id, record.amount) == (str(mine.id), mine.amount)
        assert list(provider().list_since(datetime.now(UTC) + timedelta(hours=1))) == []

    def test_turns_the_pages(self, bank: Bank) -> None:
        for _ in range(101):
            authorise_payment(opened(100))
        bank.pay_all()

        found = list(provider().list_since(datetime.now(UTC) - timedelta(hours=1)))

        assert len({record.reference for record in found}) == 101
