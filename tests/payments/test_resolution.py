"""What the gateway says of a payment becomes the record of it, whatever was known before."""

import pytest

from apps.events.models import OutboxMessage
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.services import authorise_payment, resolve_payment
from apps.payments.services.ledger import record_standing
from apps.payments.services.payments import void_payment
from apps.payments.types import GatewayAnswer, Outcome
from tests.factories.payments import make_captured_payment, make_payment

pytestmark = pytest.mark.django_db
HELD = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="bank")
TAKEN = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="bank", captured_minor=1235)
GONE = GatewayAnswer(outcome=Outcome.DECLINED, reference="bank", reason="the page expired")
PAGE = GatewayAnswer(outcome=Outcome.ACTION_REQUIRED, reference="page", action_url="/page/")


def ledger() -> list[tuple[str, str]]:
    return list(Transaction.objects.order_by("id").values_list("kind", "outcome"))


def announced() -> list[str]:
    events = OutboxMessage.objects.order_by("id").values_list("type", flat=True)
    return [name.removeprefix("payments.payment.") for name in events]


def amounts(payment: Payment) -> tuple[int, int, int]:
    payment.refresh_from_db()
    return payment.authorised_minor, payment.captured_minor, payment.refunded_minor


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch):
    """Has the demo bank say what a test wants of every payment."""

    def says(answer: GatewayAnswer | None) -> None:
        monkeypatch.setattr(FakeProvider, "fetch", lambda *_: answer)

    return says


def waiting() -> Payment:
    payment = make_payment(token="tok_3ds")
    authorise_payment(payment)
    payment.refresh_from_db()
    return payment


class TestResolvePayment:
    def test_records_and_announces_a_hold(self, bank) -> None:
        payment = waiting()
        bank(HELD)

        for _ in range(2):
            resolve_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 0, 0)
        assert (payment.gateway_reference, payment.action_url) == ("bank", "")
        assert ledger() == [("authorise", "action_required"), ("authorise", "succeeded")]
        assert announced() == ["authorised.v1"]

    def test_records_and_announces_a_capture(self, bank) -> None:
        payment = waiting()
        bank(TAKEN)

        for _ in range(2):
            resolve_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 1235, 0)
        assert ledger()[1:] == [("authorise", "succeeded"), ("capture", "succeeded")]
        assert announced() == ["captured.v1"]

    def test_records_and_announces_a_failure(self, bank) -> None:
        payment = waiting()
        bank(GONE)

        for _ in range(2):
            resolve_payment(payment_id=payment.pk)

        assert amounts(payment) == (0, 0, 0)
        assert payment.closed_at is not None
        assert announced() == ["failed.v1"]

    @pytest.mark.parametrize("answer", [PAGE, None])
    def test_leaves_a_payment_that_still_waits(self, bank, answer: GatewayAnswer | None) -> None:
        payment = waiting()
        page = payment.action_url
        bank(answer)

        resolve_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert (payment.action_url, payment.closed_at) == (page, None)
        assert announced() == []

    def test_notices_a_hold_that_ran_out(self, bank) -> None:
        payment = make_payment()
        authorise_payment(payment)
        bank(GONE)

        for _ in range(2):
            resolve_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.closed_at is not None
        assert ledger() == [("authorise", "succeeded"), ("void", "succeeded")]
        assert announced() == ["failed.v1"]

    def test_lets_go_of_what_a_closed_payment_holds(self, bank) -> None:
        payment = make_payment()
        void_payment(payment_id=payment.pk)
        bank(HELD)

        for _ in range(2):
            resolve_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 0, 0)
        assert payment.released_at is not None
        assert ledger() == [("authorise", "succeeded"), ("void", "succeeded")]
        assert announced() == []

    def test_of_a_closed_payment_that_was_paid_announces_the_money(self, bank) -> None:
        payment = make_payment()
        void_payment(payment_id=payment.pk)
        bank(TAKEN)

        resolve_payment(payment_id=payment.pk)

        assert amounts(payment) == (1235, 1235, 0)
        assert announced() == ["captured.v1", "came_late.v1"]

    @pytest.mark.parametrize("answer", [GONE, None])
    def test_of_a_closed_payment_that_holds_nothing_is_done(
        self, bank, answer: GatewayAnswer | None
    ) -> None:
        payment = make_payment()
        void_payment(payment_id=payment.pk)
        bank(answer)

        resolve_payment(payment_id=payment.pk)

        payment.refresh_from_db()
        assert payment.released_at is not None
        assert (ledger(), announced()) == ([], [])

    def test_asks_nobody_about_what_is_settled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        captured, free, ended = make_captured_payment(), make_payment(minor=0), make_payment()
        void_payment(payment_id=ended.pk)
        resolve_payment(payment_id=ended.pk)
        before = list(Payment.objects.order_by("pk").values())
        monkeypatch.delattr(FakeProvider, "fetch")

        for payment in (captured, free, ended):
            resolve_payment(payment_id=payment.pk)

        assert list(Payment.objects.order_by("pk").values()) == before

    def test_that_nobody_answers_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        payment = waiting()

        def time_out(*_: object) -> None:
            raise GatewayTimeout

        monkeypatch.setattr(FakeProvider, "fetch", time_out)

        with pytest.raises(GatewayUnavailable):
            resolve_payment(payment_id=payment.pk)

        assert (amounts(payment), announced()) == ((0, 0, 0), [])


class TestRecordStanding:
    def test_takes_a_refund_that_was_made_elsewhere(self) -> None:
        payment = make_captured_payment()
        answer = GatewayAnswer(
            outcome=Outcome.SUCCEEDED, reference="bank", captured_minor=1235, refunded_minor=400
        )

        for _ in range(2):
            record_standing(payment, answer=answer)

        assert amounts(payment) == (1235, 1235, 400)
        assert ledger().count(("refund", "succeeded")) == 1
        assert announced() == ["captured.v1", "refunded.v1"]

    def test_never_takes_more_back_than_was_captured(self) -> None:
        payment = make_captured_payment()
        answer = GatewayAnswer(outcome=Outcome.SUCCEEDED, captured_minor=1235, refunded_minor=9999)

        record_standing(payment, answer=answer)

        assert amounts(payment) == (1235, 1235, 1235)

    def test_of_an_old_snapshot_moves_nothing_back(self) -> None:
        payment = make_captured_payment()

        for answer in (PAGE, HELD):
            record_standing(payment, answer=answer)

        assert amounts(payment) == (1235, 1235, 0)
        assert announced() == ["captured.v1"]
