"""What a gateway's answer may change on record depends on how the payment stands there already."""

import pytest
from django.utils import timezone

from apps.payments.models import Payment, Transaction
from apps.payments.services import authorise_payment, capture_payment
from apps.payments.services.ledger import (
    record_late_answer,
    record_refused_capture,
    record_release,
)
from apps.payments.types import GatewayAnswer, Outcome
from tests.factories.payments import make_captured_payment, make_payment

pytestmark = pytest.mark.django_db
HELD = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="ref-1")
REFUSED = GatewayAnswer(outcome=Outcome.DECLINED, reference="ref-1", reason="no")


def facts(payment: Payment) -> dict[str, object]:
    """All that is on record of a payment, and its ledger."""
    row = Payment.objects.filter(pk=payment.pk).values().get()
    return {**row, "ledger": Transaction.objects.filter(payment=payment).count()}


def closed(payment: Payment) -> Payment:
    Payment.objects.filter(pk=payment.pk).update(closed_at=timezone.now())
    payment.refresh_from_db()
    return payment


class TestRecordAuthorisation:
    def test_tells_whoever_asked_what_is_held_now(self) -> None:
        payment = make_payment()

        authorise_payment(payment)

        assert payment.authorised_minor == payment.amount_minor


class TestRecordLateAnswer:
    @pytest.mark.parametrize("answer", [HELD, REFUSED, None])
    def test_is_of_closed_payments_only(self, answer: GatewayAnswer | None) -> None:
        payment = make_payment()
        before = facts(payment)

        record_late_answer(payment, answer=answer)

        assert facts(payment) == before

    @pytest.mark.parametrize("answer", [REFUSED, None])
    def test_says_of_no_money_that_was_taken_that_nothing_is_held(
        self, answer: GatewayAnswer | None
    ) -> None:
        payment = closed(make_captured_payment())
        before = facts(payment)

        record_late_answer(payment, answer=answer)

        assert facts(payment) == before


class TestRecordRelease:
    def test_is_of_closed_payments_only(self) -> None:
        payment = make_payment()
        authorise_payment(payment)
        before = facts(payment)

        record_release(payment, answer=HELD)

        assert facts(payment) == before

    def test_lets_go_of_nothing_that_was_taken(self) -> None:
        payment = closed(make_captured_payment())
        before = facts(payment)

        record_release(payment, answer=HELD)

        assert facts(payment) == before


class TestRecordRefusedCapture:
    def test_closes_no_payment_whose_money_was_taken(self) -> None:
        payment = make_payment()
        authorise_payment(payment)
        capture_payment(Payment.objects.get(pk=payment.pk))
        before = facts(payment)

        record_refused_capture(payment, answer=REFUSED)

        assert facts(payment) == before
