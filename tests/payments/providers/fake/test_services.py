"""What the shopper says at the demo bank is heard once, and only of a payment that waits for it."""

from uuid import UUID

import pytest

from apps.payments.errors import PaymentNotOpen
from apps.payments.models import Payment
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services.payments import void_payment
from tests.factories.payments import make_payment
from tests.payments.test_payments import amounts, announced, ledger, waiting_for_shopper


@pytest.mark.django_db
class TestConfirmByShopper:
    def test_who_agrees_has_the_money_held(self) -> None:
        payment = waiting_for_shopper()

        confirm_by_shopper(payment_id=payment.pk, agrees=True)

        assert amounts(payment) == (1235, 0, 0)
        assert payment.action_url == ""
        assert ledger() == [("authorise", "action_required"), ("authorise", "succeeded")]
        assert announced() == ["payments.payment.authorised.v1"]

    def test_who_refuses_does_not(self) -> None:
        payment = waiting_for_shopper()

        confirm_by_shopper(payment_id=payment.pk, agrees=False)

        assert amounts(payment) == (0, 0, 0)
        assert payment.closed_at is not None
        assert ledger() == [("authorise", "action_required"), ("authorise", "declined")]
        assert announced() == ["payments.payment.failed.v1"]

    def test_who_agrees_twice_is_heard_once(self) -> None:
        payment = waiting_for_shopper()

        for _ in range(2):
            confirm_by_shopper(payment_id=payment.pk, agrees=True)

        assert amounts(payment) == (1235, 0, 0)
        assert announced() == ["payments.payment.authorised.v1"]

    def test_who_agreed_cannot_refuse_any_more(self) -> None:
        payment = waiting_for_shopper()
        confirm_by_shopper(payment_id=payment.pk, agrees=True)

        with pytest.raises(PaymentNotOpen):
            confirm_by_shopper(payment_id=payment.pk, agrees=False)

        assert amounts(payment) == (1235, 0, 0)

    @pytest.mark.parametrize("agrees", [True, False])
    def test_who_refused_has_had_the_last_word(self, agrees: bool) -> None:
        payment = waiting_for_shopper()
        confirm_by_shopper(payment_id=payment.pk, agrees=False)

        with pytest.raises(PaymentNotOpen):
            confirm_by_shopper(payment_id=payment.pk, agrees=agrees)

        assert amounts(payment) == (0, 0, 0)
        assert announced() == ["payments.payment.failed.v1"]

    def test_who_comes_after_the_void_is_too_late(self) -> None:
        payment = waiting_for_shopper()
        void_payment(payment_id=payment.pk)

        with pytest.raises(PaymentNotOpen):
            confirm_by_shopper(payment_id=payment.pk, agrees=True)

        assert amounts(payment) == (0, 0, 0)
        assert announced() == []

    def test_whom_nobody_asked_changes_nothing(self) -> None:
        payment = make_payment()

        with pytest.raises(PaymentNotOpen):
            confirm_by_shopper(payment_id=payment.pk, agrees=True)

        assert amounts(payment) == (0, 0, 0)

    def test_without_a_payment_is_an_error(self) -> None:
        with pytest.raises(Payment.DoesNotExist):
            confirm_by_shopper(payment_id=UUID(int=0), agrees=True)
