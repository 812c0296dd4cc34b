"""Paying on account: never above the limit, each hold once, and every movement an entry."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.selectors import day_of
from apps.core.types import Money
from apps.payments.errors import (
    AccountNeeded,
    CaptureDeclined,
    RefundExceedsCapture,
    UnknownPaymentToken,
)
from apps.payments.models import CreditAccount, CreditEntry, Payment
from apps.payments.providers.account import AccountProvider
from apps.payments.providers.account import provider as account_gateway
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    check_token,
    open_credit_account,
    refund_payments,
    resolve_payment,
)
from apps.payments.services.payments import void_payment
from apps.payments.services.provider_calls import request_of
from apps.payments.types import GatewayAnswer, Outcome, TransactionKind
from tests.factories.accounts import UserFactory
from tests.factories.payments import make_payment
from tests.races import race

LIMIT = 10_000


def make_account(**changes: object) -> CreditAccount:
    account = open_credit_account(
        customer_id=UserFactory.create().pk,
        limit=Money(LIMIT, "GBP"),
        net_days=30,
        actor_id=None,
    )
    CreditAccount.objects.filter(pk=account.pk).update(**changes)
    account.refresh_from_db()
    return account


def pay(account: CreditAccount, *, minor: int = 4000, currency: str = "GBP") -> Payment:
    return make_payment(
        gateway="account",
        token="PO-123",
        minor=minor,
        currency=currency,
        payer_id=account.customer_id,
    )


def used(account: CreditAccount) -> int:
    """What is used, which is the sum of all entries' effects."""
    account.refresh_from_db()
    effects = CreditEntry.objects.filter(account=account).aggregate(sum=Sum("effect_minor"))["sum"]
    assert account.used_minor == effects
    return account.used_minor


def kinds(account: CreditAccount) -> list[str]:
    entries = CreditEntry.objects.filter(account=account).order_by("id")
    return list(entries.values_list("kind", flat=True))[1:]


class TestCheckToken:
    @pytest.mark.parametrize("token", ["PO-123", "4", "Bestellung Nr. 7/ä", "x" * 40])
    def test_takes_a_purchase_order_number(self, token: str) -> None:
        check_token(gateway="account", token=token, payer_id=7)

    @pytest.mark.parametrize("token", ["", " ", "x" * 41, "a\nb", " PO", "\x00"])
    def test_refuses_what_is_none(self, token: str) -> None:
        with pytest.raises(UnknownPaymentToken):
            check_token(gateway="account", token=token, payer_id=7)

    def test_refuses_a_guest(self) -> None:
        with pytest.raises(AccountNeeded):
            check_token(gateway="account", token="PO-123")


@pytest.mark.django_db
class TestAuthorise:
    def test_takes_from_the_limit(self) -> None:
        account = make_account()
        payment = pay(account)

        for _ in range(2):
            assert authorise_payment(payment).outcome == Outcome.SUCCEEDED
            payment.authorised_minor = 0

        assert used(account) == 4000
        assert kinds(account) == ["hold"]
        entry = CreditEntry.objects.get(kind="hold")
        assert (entry.payment, entry.purchase_order) == (payment, "PO-123")

    def test_goes_to_the_limit_and_no_further(self) -> None:
        account = make_account()

        assert authorise_payment(pay(account, minor=LIMIT)).outcome == Outcome.SUCCEEDED
        answer = authorise_payment(pay(account, minor=1))

        assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "over the credit limit")
        assert used(account) == LIMIT

    @pytest.mark.parametrize("change", [{"is_open": False}, {"currency": "EUR"}])
    def test_needs_an_open_account_in_the_currency(self, change: dict[str, object]) -> None:
        account = make_account(**change)

        answer = authorise_payment(pay(account))

        assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "no credit account")
        assert used(account) == 0

    def test_takes_nothing_from_an_account_closed_at_that_moment(self) -> None:
        account = make_account()
        CreditAccount.objects.update(is_open=False)

        assert account_gateway._use(account, minor=1) is False
        assert used(account) == 0

    def test_of_a_guest_is_declined(self) -> None:
        payment = make_payment(gateway="account", token="PO-1", minor=1)

        assert authorise_payment(payment).reason == "no credit account"

    def test_takes_few_statements(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        payment = pay(make_account())

        with django_assert_num_queries(6):
            AccountProvider().authorise(request_of(payment, kind=TransactionKind.AUTHORISE))


@pytest.mark.django_db
class TestCapture:
    def test_makes_the_hold_an_invoice(self) -> None:
        account = make_account()
        payment = pay(account)
        authorise_payment(payment)

        for _ in range(2):
            capture_payment(payment)
            payment.captured_minor = 0

        assert used(account) == 4000
        assert kinds(account) == ["hold", "invoice"]
        due = day_of(timezone.now()) + timedelta(days=30)
        assert CreditEntry.objects.get(kind="invoice").due_on == due

    def test_is_due_by_the_sellers_day(self, settings, time_machine) -> None:
        settings.TIME_ZONE = "Europe/Berlin"
        time_machine.move_to(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), tick=False)
        payment = pay(make_account())
        authorise_payment(payment)

        capture_payment(payment)

        assert CreditEntry.objects.get(kind="invoice").due_on == date(2027, 1, 31)

    def test_of_what_was_let_go_is_refused(self) -> None:
        account = make_account()
        payment = pay(account)
        authorise_payment(payment)
        AccountProvider().void(request_of(payment, kind=TransactionKind.VOID))

        with pytest.raises(CaptureDeclined):
            capture_payment(payment)

        assert used(account) == 0


@pytest.mark.django_db
class TestVoid:
    def test_gives_the_limit_back_once(self) -> None:
        account = make_account()
        payment = pay(account)
        authorise_payment(payment)

        for _ in range(2):
            void_payment(payment_id=payment.pk)
            AccountProvider().void(request_of(payment, kind=TransactionKind.VOID))

        assert used(account) == 0
        assert kinds(account) == ["hold", "release"]

    def test_of_an_invoice_is_refused(self) -> None:
        account = make_account()
        payment = pay(account)
        authorise_payment(payment)
        capture_payment(payment)

        answer = AccountProvider().void(request_of(payment, kind=TransactionKind.VOID))

        assert (answer.outcome, answer.captured_minor) == (Outcome.DECLINED, 4000)
        assert used(account) == 4000


@pytest.mark.django_db
class TestRefund:
    def test_credits_the_invoice(self) -> None:
        account = make_account()
        payment = pay(account)
        authorise_payment(payment)
        capture_payment(payment)

        for key in ("one", "one", "two"):
            refund_payments(reference=payment.reference, amount=Money(1500, "GBP"), key=key)

        assert used(account) == 1000
        with pytest.raises(RefundExceedsCapture):
            refund_payments(reference=payment.reference, amount=Money(1001, "GBP"), key="three")

    def test_of_an_invoice_that_was_paid_leaves_the_shop_owing(self) -> None:
        account = make_account()
        payment = pay(account)
        authorise_payment(payment)
        capture_payment(payment)
        CreditEntry.objects.create(
            account=account, kind="received", amount_minor=4000, effect_minor=-4000, key="r"
        )
        CreditAccount.objects.update(used_minor=0)

        refund_payments(reference=payment.reference, amount=Money(500, "GBP"), key="one")

        assert used(account) == -500


@pytest.mark.django_db
class TestFetch:
    def test_tells_how_the_payment_stands(self) -> None:
        payment = pay(make_account())
        bank, request = AccountProvider(), request_of(payment, kind=TransactionKind.AUTHORISE)
        assert bank.fetch(request) is None

        bank.authorise(request)
        assert bank.fetch(request) == GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="PO-123")
        for kind in ("capture", "void", "refund"):
            assert bank.fetch(request_of(payment, kind=kind)) is None
        bank.capture(request_of(payment, kind=TransactionKind.CAPTURE))

        answer = bank.fetch(request)
        assert answer
        assert answer.captured_minor == 4000

    def test_finds_what_a_crash_left_unrecorded(self) -> None:
        payment = pay(make_account())
        AccountProvider().authorise(request_of(payment, kind=TransactionKind.AUTHORISE))

        resolved = resolve_payment(payment_id=payment.pk)

        assert resolved.authorised_minor == 4000


@pytest.mark.django_db
class TestTheBook:
    def test_never_shows_more_used_than_the_limit(self) -> None:
        account = make_account()

        with pytest.raises(IntegrityError, match="payments_credit_within_limit"):
            CreditAccount.objects.filter(pk=account.pk).update(used_minor=LIMIT + 1)

    def test_dates_every_invoice(self) -> None:
        account = make_account()

        with pytest.raises(IntegrityError, match="due_date"), transaction.atomic():
            CreditEntry.objects.create(
                account=account, kind="invoice", amount_minor=1, effect_minor=0, key="k"
            )
        CreditEntry.objects.create(
            account=account,
            kind="invoice",
            amount_minor=1,
            effect_minor=0,
            key="k",
            due_on=date(2027, 1, 1),
        )


@pytest.mark.django_db(transaction=True)
class TestOrdersAtTheSameMoment:
    def test_never_pass_the_limit(self) -> None:
        account = make_account()
        payments = [pay(account, minor=3000) for _ in range(8)]

        answers = race(lambda number: authorise_payment(payments[number]).outcome)

        assert answers.count(Outcome.SUCCEEDED) == 3
        assert used(account) == 9000

    def test_that_are_one_order_hold_once(self) -> None:
        account = make_account()
        payment = pay(account, minor=3000)

        race(lambda _: authorise_payment(Payment.objects.get(pk=payment.pk)))

        assert used(account) == 3000
        assert kinds(account) == ["hold"]

    def test_pass_the_limit_without_the_guard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: look first, then take, without the constraint's last word."""
        import time

        from django.db import connection

        account = make_account()
        payments = [pay(account, minor=3000) for _ in range(8)]

        def look_then_take(account: CreditAccount, *, minor: int) -> bool:
            fresh = CreditAccount.objects.get(pk=account.pk)
            if fresh.used_minor + minor > fresh.limit_minor:
                return False
            time.sleep(0.1)
            return True

        monkeypatch.setattr(account_gateway, "_use", look_then_take)

        answers = race(lambda number: authorise_payment(payments[number]).outcome)

        assert answers.count(Outcome.SUCCEEDED) > 3
        connection.close()
