"""Granted money goes once; what the gateway refuses, a person settles."""

from contextlib import suppress
from uuid import UUID

import pytest
from django.utils import timezone

from apps.audit.selectors import list_violations
from apps.events.models import OutboxMessage
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import DiscrepancyKind, Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.services.refunds import finish_refund, return_claim
from apps.payments.types import GatewayAnswer, GatewayRequest, Outcome
from apps.refunds.errors import NotFailed, ReasonMissing, StillOpen
from apps.refunds.models import Refund
from apps.refunds.services import (
    approve_credit,
    grant_refund,
    note_paid,
    note_returned,
    pay_back,
    payouts,
    retry_refund,
    settle_otherwise,
)
from apps.refunds.types import CreditedLine
from tests.factories.payments import share_of
from tests.factories.refunds import bought
from tests.relays import relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queues")]


def granted(*, minor: int = 840) -> Refund:
    return grant_refund(
        order_id=bought().order_id,
        reference="G1",
        actor_id=7,
        reason="it arrived wet",
        goodwill_minor=minor,
    )


def state_of(refund: Refund) -> str:
    refund.refresh_from_db()
    return refund.state


def ledger() -> list[tuple[str, int]]:
    entries = Transaction.objects.filter(kind="refund").order_by("id")
    return list(entries.values_list("outcome", "amount_minor"))


def failures() -> int:
    return OutboxMessage.objects.filter(type="refunds.refund.failed.v1").count()


def refuse(*_: object) -> GatewayAnswer:
    return GatewayAnswer(outcome=Outcome.DECLINED, reason="the card was closed")


class TestPayBack:
    def test_sends_the_money_by_the_queue_and_only_once(self, queues) -> None:
        refund = granted()
        relay()
        assert (Payment.objects.get().refunded_minor, state_of(refund)) == (0, "approved")

        assert queues.run("refunds") == 1
        pay_back(refund_id=refund.pk)
        relay()
        pay_back(refund_id=refund.pk)

        assert ledger() == [("claimed", 840), ("succeeded", 840)]
        assert state_of(refund) == "paid"
        assert refund.paid_at is not None
        assert OutboxMessage.objects.filter(type="refunds.refund.paid.v1").count() == 1

    def test_in_an_outage_is_left_to_the_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        refund = granted()

        def time_out(*_: object) -> None:
            raise GatewayTimeout

        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "refund", time_out)
            outage.setattr(FakeProvider, "fetch", time_out)
            with pytest.raises(GatewayUnavailable):
                pay_back(refund_id=refund.pk)
        assert state_of(refund) == "approved"

        pay_back(refund_id=refund.pk)
        relay()

        assert state_of(refund) == "paid"
        assert ledger() == [("claimed", 840), ("succeeded", 840)]

    def test_that_the_gateway_refuses_is_told_to_people_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refund = granted()
        monkeypatch.setattr(FakeProvider, "refund", refuse)

        pay_back(refund_id=refund.pk)
        pay_back(refund_id=refund.pk)

        assert (state_of(refund), refund.failure) == ("failed", "the card was closed")
        assert failures() == 1
        assert Payment.objects.get().refunded_minor == 0

    @pytest.mark.parametrize("state", ["paid", "failed"])
    def test_asks_nobody_about_what_is_decided(
        self, monkeypatch: pytest.MonkeyPatch, state: str
    ) -> None:
        refund = granted()
        paid_at = timezone.now() if state == "paid" else None
        Refund.objects.update(state=state, paid_at=paid_at)
        asked: list[object] = []
        monkeypatch.setattr(payouts, "refund_payments", lambda **facts: asked.append(facts))

        pay_back(refund_id=refund.pk)

        assert asked == []

    def test_of_more_than_is_left_is_told_to_people(self) -> None:
        refund = granted()
        Payment.objects.update(captured_minor=839)

        pay_back(refund_id=refund.pk)

        assert (state_of(refund), failures(), ledger()) == ("failed", 1, [])

    def test_of_a_credit_without_a_sale_moves_no_money(self, queues) -> None:
        line = CreditedLine(sku="22423", quantity=2, amount_minor=2550)
        refund = approve_credit(
            reference="C1", party="17850", currency="GBP", lines=[line], reason="x"
        )
        relay()

        assert queues.take("refunds") == []
        pay_back(refund_id=refund.pk)
        assert (state_of(refund), ledger()) == ("approved", [])

    def test_without_a_refund_is_an_error(self) -> None:
        with pytest.raises(Refund.DoesNotExist):
            pay_back(refund_id=UUID(int=0))


class TestNotePaid:
    def test_leaves_others_refunds_alone(self) -> None:
        refund = granted()

        for key in ("order:1", str(UUID(int=3))):
            note_paid(refund_key=key)

        assert state_of(refund) == "approved"


def bring_back(refund: Refund, *, key: str = "") -> bool:
    """The bank could not deliver a refund that it had sent."""
    payment = Payment.objects.get()
    return return_claim(
        payment,
        key=f"{payment.pk}:refund:{key or refund.pk}",
        reason="the account is closed",
        kind=DiscrepancyKind.REFUND_FAILED,
    )


class TestNoteReturned:
    def test_makes_a_paid_refund_a_persons_business(self, queues) -> None:
        refund = granted()
        pay_back(refund_id=refund.pk)
        relay()
        assert state_of(refund) == "paid"

        assert [bring_back(refund), bring_back(refund)] == [True, False]
        relay()

        assert (state_of(refund), refund.failure) == ("failed", "the account is closed")
        assert refund.paid_at is None
        assert failures() == 1
        assert list_violations() == []

    def test_is_told_to_people_once_whoever_hears_it(self) -> None:
        refund = granted()
        pay_back(refund_id=refund.pk)
        relay()
        bring_back(refund)

        for _ in range(2):
            note_returned(refund_key=str(refund.pk), reason="the account is closed")

        assert (state_of(refund), failures()) == ("failed", 1)

    def test_lets_it_be_sent_again(self, queues) -> None:
        refund = granted()
        pay_back(refund_id=refund.pk)
        bring_back(refund)
        relay()

        retry_refund(refund_id=refund.pk, actor_id=7)
        relay()
        queues.run_all()

        assert (state_of(refund), refund.attempt) == ("paid", 2)
        assert Payment.objects.get().refunded_minor == 840
        assert list_violations() == []

    def test_is_the_last_word_even_if_it_is_heard_first(self, queues) -> None:
        refund = granted()
        pay_back(refund_id=refund.pk)
        bring_back(refund)

        note_returned(refund_key=str(refund.pk), reason="the account is closed")
        note_paid(refund_key=str(refund.pk))

        assert state_of(refund) == "failed"

    def test_of_an_attempt_that_was_given_up_changes_nothing(self, queues) -> None:
        refund = granted()
        pay_back(refund_id=refund.pk)
        bring_back(refund)
        relay()
        settle_otherwise(refund_id=refund.pk, actor_id=7, note="cash")

        for key in (str(refund.pk), f"{refund.pk}:2", "order:1"):
            note_returned(refund_key=key, reason="late")

        assert (state_of(refund), refund.paid_note) == ("paid", "cash")


class TestOfTwoPayments:
    """One part of a refund may come back while nobody knows of the other."""

    @pytest.fixture
    def refund(self) -> Refund:
        return grant_refund(
            order_id=bought(shares=[share_of(600), share_of(1055)]).order_id,
            reference="G1",
            actor_id=7,
            reason="it arrived wet",
            goodwill_minor=1000,
        )

    @staticmethod
    def send(refund: Refund, monkeypatch: pytest.MonkeyPatch, *, second: object) -> None:
        """The first payment's part goes; the second's is answered by `second`."""
        right = FakeProvider.refund

        def answer(self: FakeProvider, request: GatewayRequest) -> GatewayAnswer:
            return right(self, request) if request.amount.minor == 600 else second(self, request)

        with monkeypatch.context() as bank:
            bank.setattr(FakeProvider, "refund", answer)
            with suppress(GatewayUnavailable):
                pay_back(refund_id=refund.pk)

    @staticmethod
    def bring_first_back(refund: Refund) -> None:
        payment = Payment.objects.get(share=0)
        key = f"{payment.pk}:refund:{refund.pk}"
        kind = DiscrepancyKind.REFUND_FAILED
        assert return_claim(payment, key=key, reason="the account is closed", kind=kind)

    def test_is_not_sent_again_while_a_part_may_still_go(
        self, refund: Refund, monkeypatch: pytest.MonkeyPatch, queues
    ) -> None:
        def hang(*_: object) -> GatewayAnswer:
            raise GatewayUnavailable

        self.send(refund, monkeypatch, second=hang)
        self.bring_first_back(refund)
        relay()
        assert state_of(refund) == "failed"

        with pytest.raises(StillOpen):
            retry_refund(refund_id=refund.pk, actor_id=7)
        with pytest.raises(StillOpen):
            settle_otherwise(refund_id=refund.pk, actor_id=7, note="cash")

        finish_refund(Transaction.objects.get(payment__share=1, kind="refund"))
        relay()
        retry_refund(refund_id=refund.pk, actor_id=7)
        relay()
        queues.run_all()

        assert state_of(refund) == "paid"
        assert sum(one.refunded_minor for one in Payment.objects.all()) == 1000
        assert list_violations() == []

    def test_of_which_a_part_came_back_during_another_attempt_is_a_persons_business(
        self, refund: Refund, monkeypatch: pytest.MonkeyPatch, queues
    ) -> None:
        self.send(refund, monkeypatch, second=refuse)
        assert state_of(refund) == "failed"
        retry_refund(refund_id=refund.pk, actor_id=7)

        def come_back(self_: FakeProvider, request: GatewayRequest) -> GatewayAnswer:
            self.bring_first_back(refund)
            note_returned(refund_key=str(refund.pk), reason="the account is closed")
            return right(self_, request)

        right = FakeProvider.refund
        with monkeypatch.context() as bank:
            bank.setattr(FakeProvider, "refund", come_back)
            pay_back(refund_id=refund.pk)
        relay()
        queues.run_all()
        assert (state_of(refund), refund.failure) == ("failed", "A part of it came back.")

        retry_refund(refund_id=refund.pk, actor_id=7)
        relay()
        queues.run_all()
        assert (state_of(refund), refund.attempt) == ("paid", 3)
        assert sum(one.refunded_minor for one in Payment.objects.all()) == 1000


class TestRetryRefund:
    def test_asks_the_gateway_anew(self, monkeypatch: pytest.MonkeyPatch, queues) -> None:
        refund = granted()
        with monkeypatch.context() as closed:
            closed.setattr(FakeProvider, "refund", refuse)
            pay_back(refund_id=refund.pk)

        retry_refund(refund_id=refund.pk, actor_id=7)
        relay()
        queues.run_all()

        assert (state_of(refund), refund.attempt) == ("paid", 2)
        assert Payment.objects.get().refunded_minor == 840
        assert OutboxMessage.objects.get(type="refunds.refund.retried.v1").actor_id == 7

    def test_of_what_did_not_fail_is_refused(self) -> None:
        refund = granted()

        with pytest.raises(NotFailed):
            retry_refund(refund_id=refund.pk, actor_id=7)

        assert (state_of(refund), refund.attempt) == ("approved", 1)


class TestSettleOtherwise:
    def test_keeps_how_the_money_went(self, monkeypatch: pytest.MonkeyPatch) -> None:
        refund = granted()
        monkeypatch.setattr(FakeProvider, "refund", refuse)
        pay_back(refund_id=refund.pk)

        settle_otherwise(refund_id=refund.pk, actor_id=7, note=" bank transfer 4711 ")

        assert (state_of(refund), refund.paid_note) == ("paid", "bank transfer 4711")
        assert OutboxMessage.objects.get(type="refunds.refund.paid.v1").actor_id == 7
        with pytest.raises(NotFailed):
            retry_refund(refund_id=refund.pk, actor_id=7)

    def test_of_what_may_still_be_paid_is_refused(self) -> None:
        refund = granted()

        with pytest.raises(NotFailed):
            settle_otherwise(refund_id=refund.pk, actor_id=7, note="cash")
        with pytest.raises(ReasonMissing):
            settle_otherwise(refund_id=refund.pk, actor_id=7, note=" ")

        assert state_of(refund) == "approved"
