"""Money goes back once per key, and never more of it than was taken."""

import time
from typing import Any

import pytest

from apps.core.types import Money
from apps.events.models import OutboxMessage
from apps.payments.errors import (
    GatewayTimeout,
    GatewayUnavailable,
    RefundDeclined,
    RefundExceedsCapture,
)
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.providers.fake.provider import REFUND_LATE, REFUND_REFUSED
from apps.payments.services import refund_payments, refunds, return_undue
from tests.factories.payments import make_captured_payment, make_payment
from tests.races import race

CAPTURED = 1000


def time_out(*_: object) -> None:
    raise GatewayTimeout


def refund(payment: Payment, *, minor: int, key: str, currency: str = "GBP") -> None:
    refund_payments(reference=payment.reference, amount=Money(minor, currency), key=key)


def refunded(payment: Payment) -> int:
    payment.refresh_from_db()
    return payment.refunded_minor


def entries() -> list[tuple[int, str]]:
    found = Transaction.objects.filter(kind="refund").order_by("id")
    return list(found.values_list("amount_minor", "outcome"))


def announced() -> int:
    return OutboxMessage.objects.filter(type="payments.payment.refunded.v1").count()


@pytest.mark.django_db
class TestRefundPayment:
    def test_sends_money_back_in_parts(self) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        refund(payment, minor=400, key="one")
        refund(payment, minor=600, key="two")

        assert refunded(payment) == CAPTURED
        assert entries() == [
            (400, "claimed"),
            (400, "succeeded"),
            (600, "claimed"),
            (600, "succeeded"),
        ]
        assert announced() == 2

    def test_of_the_same_key_is_sent_once(self) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        for _ in range(3):
            refund(payment, minor=400, key="one")

        assert refunded(payment) == 400
        assert announced() == 1

    @pytest.mark.parametrize(
        ("minor", "currency"), [(CAPTURED + 1, "GBP"), (100, "EUR")], ids=["more", "another"]
    )
    def test_of_what_was_not_taken_is_refused(self, minor: int, currency: str) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        with pytest.raises(RefundExceedsCapture):
            refund(payment, minor=minor, currency=currency, key="one")

        assert refunded(payment) == 0
        assert (entries(), announced()) == ([], 0)

    def test_of_a_payment_that_was_not_captured_is_refused(self) -> None:
        payment = make_payment()

        with pytest.raises(RefundExceedsCapture):
            refund(payment, minor=1, key="one")

        assert entries() == []

    def test_that_a_crash_cut_short_is_finished_by_the_repeat(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as crash:
            crash.setattr(FakeProvider, "refund", die)
            with pytest.raises(KeyboardInterrupt):
                refund(payment, minor=700, key="one")
        assert entries() == [(700, "claimed")]

        refund(payment, minor=700, key="one")

        assert refunded(payment) == 700
        assert entries() == [(700, "claimed"), (700, "succeeded")]
        assert announced() == 1

    def test_that_the_gateway_refuses_gives_the_claim_back(self) -> None:
        payment = make_captured_payment(minor=REFUND_REFUSED)

        for _ in range(2):
            with pytest.raises(RefundDeclined) as refusal:
                refund(payment, minor=REFUND_REFUSED, key="one")

        assert refusal.value.details == {"reason": "refused by the bank"}
        assert refunded(payment) == 0
        assert entries() == [(REFUND_REFUSED, "claimed"), (REFUND_REFUSED, "declined")]
        assert announced() == 0
        refund(payment, minor=400, key="another way")
        assert refunded(payment) == 400

    def test_whose_answer_is_lost_is_found_by_its_key(self) -> None:
        payment = make_captured_payment(minor=REFUND_LATE)

        refund(payment, minor=REFUND_LATE, key="one")

        assert entries() == [(REFUND_LATE, "claimed"), (REFUND_LATE, "succeeded")]

    def test_during_an_outage_keeps_its_claim(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "refund", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                refund(payment, minor=700, key="one")
        assert (refunded(payment), entries()) == (700, [(700, "claimed")])

        refund(payment, minor=700, key="one")

        assert entries() == [(700, "claimed"), (700, "succeeded")]

    def test_found_claimed_is_looked_for_before_it_is_sent_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = make_captured_payment(minor=CAPTURED)
        with monkeypatch.context() as crash:
            crash.setattr(FakeProvider, "refund", time_out)
            crash.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                refund(payment, minor=700, key="one")
        monkeypatch.delattr(FakeProvider, "refund")

        refund(payment, minor=700, key="one")

        assert entries() == [(700, "claimed"), (700, "succeeded")]


@pytest.mark.django_db
class TestReturnUndue:
    def test_sends_back_what_is_left(self) -> None:
        payment = make_captured_payment(minor=CAPTURED)
        refund(payment, minor=400, key="one")

        for _ in range(2):
            return_undue(reference=payment.reference, whole=True)

        assert refunded(payment) == CAPTURED
        assert entries()[-1] == (600, "succeeded")

    def test_leaves_what_was_paid_for_alone(self) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        return_undue(reference=payment.reference, whole=False)

        assert refunded(payment) == 0

    def test_that_was_refused_is_on_record_and_not_asked_again(self) -> None:
        payment = make_captured_payment(minor=REFUND_REFUSED)

        for _ in range(2):
            return_undue(reference=payment.reference, whole=True)

        assert refunded(payment) == 0
        assert len(entries()) == 2


@pytest.mark.django_db(transaction=True)
class TestRefundsAtTheSameMoment:
    def test_send_back_what_was_taken_and_no_more(self) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        def attempt(number: int) -> bool:
            try:
                refund(payment, minor=300, key=f"key {number}")
            except RefundExceedsCapture:
                return False
            return True

        assert sum(race(attempt)) == 3
        assert refunded(payment) == 900
        assert entries().count((300, "succeeded")) == 3

    def test_of_one_key_send_it_once(self) -> None:
        payment = make_captured_payment(minor=CAPTURED)

        race(lambda _: refund(payment, minor=300, key="one"))

        assert refunded(payment) == 300
        assert entries().count((300, "succeeded")) == 1
        assert announced() == 1

    def test_send_back_too_much_without_the_guard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: look first, then claim nothing."""
        payment = make_captured_payment(minor=CAPTURED)

        def look_then_claim(**asked: Any) -> list[Any]:
            fresh = Payment.objects.get(pk=payment.pk)
            if fresh.refunded_minor + asked["amount"].minor > fresh.captured_minor:
                raise RefundExceedsCapture
            time.sleep(0.1)
            key = refunds._key_of(payment, asked["key"])
            request = refunds._request(payment, key=key, minor=asked["amount"].minor)
            return [refunds._Part(payment, request, refunds._Claim.NEW)]

        def attempt(number: int) -> bool:
            try:
                refund(payment, minor=300, key=f"key {number}")
            except RefundExceedsCapture:
                return False
            return True

        monkeypatch.setattr(refunds, "_claim", look_then_claim)

        assert sum(race(attempt)) * 300 > CAPTURED
