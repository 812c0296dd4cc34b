"""A gateway's messages count once each, in any order, and only if the gateway signed them."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.core.errors import NotFound
from apps.core.models import new_id
from apps.core.types import Money
from apps.events.models import OutboxMessage
from apps.payments.errors import WebhookRefused
from apps.payments.models import Discrepancy, Payment, Transaction, WebhookEvent
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    receive_webhook,
    refund_payments,
    resolve_payment,
    webhooks,
)
from apps.payments.services.payments import void_payment
from tests.bank import WEBHOOK_SECRET, Bank, bank_thread, signature_of, signed, use_bank
from tests.doors import tell
from tests.factories.payments import make_payment
from tests.races import race
from tests.relays import relay

HELD, TAKEN, RETURNED = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "charge.refunded",
)


@pytest.fixture(scope="module")
def running() -> Iterator[Bank]:
    with bank_thread() as bank:
        yield bank


@pytest.fixture
def bank(running: Bank, settings: Settings) -> Bank:
    running.lever("reset")
    use_bank(settings, running.url)
    return running


def waiting() -> Payment:
    payment = make_payment(gateway="stripe", token="hosted", minor=1235)
    authorise_payment(payment)
    payment.refresh_from_db()
    return payment


def hear(*events: dict[str, Any]) -> list[str]:
    """Have the shop hear the events; returns what came of each."""
    outcomes = []
    for event in events:
        body, signature = signed(event)
        outcome = receive_webhook(
            gateway="stripe", body=body, headers={"Stripe-Signature": signature}, now=timezone.now()
        )
        outcomes.append(outcome.value)
    return outcomes


def amounts(payment: Payment) -> tuple[int, int, int]:
    payment.refresh_from_db()
    return payment.authorised_minor, payment.captured_minor, payment.refunded_minor


def announced() -> list[str]:
    events = OutboxMessage.objects.order_by("id").values_list("type", flat=True)
    return [name.removeprefix("payments.payment.") for name in events]


@pytest.mark.django_db
class TestReceiveWebhook:
    def test_records_a_hold(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        assert hear(*bank.events(HELD)) == ["applied"]

        assert amounts(payment) == (1235, 0, 0)
        assert payment.gateway_reference == bank.held[0]
        assert announced() == ["authorised.v1"]
        event = WebhookEvent.objects.get()
        assert (event.type, event.payment, len(event.digest)) == (HELD, payment, 64)

    def test_counts_each_message_once(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        hear(*bank.events(HELD) * 3)

        assert WebhookEvent.objects.count() == 1
        assert amounts(payment) == (1235, 0, 0)
        assert announced() == ["authorised.v1"]

    def test_takes_a_capture_and_a_refund_before_all_that_led_to_them(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        (intent,) = bank.held
        bank.lever("capture", payment_intent=intent)
        bank.lever("refund", payment_intent=intent, amount="400")

        assert hear(*bank.events(RETURNED, TAKEN, HELD)) == ["doubted", "applied", "applied"]
        relay()

        assert amounts(payment) == (1235, 1235, 400)
        assert announced() == ["review_required.v1", "captured.v1", "refunded.v1"]

    def test_of_a_finished_page_has_the_gateway_asked(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        assert hear(*bank.events("checkout.session.completed")) == ["doubted"]
        assert amounts(payment) == (0, 0, 0)
        relay()

        assert amounts(payment) == (1235, 0, 0)

    def test_of_an_expired_page_fails_the_payment(self, bank: Bank) -> None:
        payment = waiting()
        void_payment(payment_id=payment.pk)
        Payment.objects.update(closed_at=None, released_at=None)

        assert hear(*bank.events("checkout.session.expired")) == ["applied"]

        assert announced() == ["failed.v1"]

    def test_of_a_hold_for_a_closed_payment_lets_it_go(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        Payment.objects.update(closed_at=timezone.now())

        assert hear(*bank.events(HELD)) == ["doubted"]
        relay()

        assert bank.held == []
        payment.refresh_from_db()
        assert payment.released_at is not None

    def test_of_a_hold_that_was_let_go_since_holds_nothing(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        bank.lever("end_hold", payment_intent=bank.held[0])

        assert hear(*bank.events("payment_intent.canceled", HELD)) == ["applied", "doubted"]
        relay()

        assert amounts(payment) == (0, 0, 0)
        assert announced() == ["failed.v1", "review_required.v1"]

    def test_of_a_hold_let_go_is_no_refund(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        hear(*bank.events(HELD))
        bank.lever("end_hold", payment_intent=bank.held[0])

        assert hear(*bank.events(RETURNED)) == ["doubted"]
        relay()

        assert amounts(payment) == (1235, 0, 0)
        assert "refunded.v1" not in announced()
        assert "failed.v1" in announced()

    def test_of_our_own_refund_adds_nothing(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        capture_payment(resolve_payment(payment_id=payment.pk))
        refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")

        hear(*bank.events(TAKEN, RETURNED))

        assert amounts(payment) == (1235, 1235, 400)
        assert announced().count("refunded.v1") == 1

    def test_of_a_dispute_tells_accounting_and_support(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        capture_payment(resolve_payment(payment_id=payment.pk))
        bank.lever("dispute", payment_intent=bank.book["intents"][0]["id"])

        assert hear(*bank.events("charge.dispute.created") * 2) == ["applied"] * 2

        (dispute,) = OutboxMessage.objects.filter(type="payments.payment.disputed.v1")
        assert dispute.subject == str(payment.reference)
        assert dispute.payload["amount"] == {"minor": 1235, "currency": "GBP"}
        assert dispute.payload["reason"] == "fraudulent"

    def test_of_a_dispute_counts_twice_without_the_guard(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: every message is taken for a new one."""
        payment = waiting()
        bank.pay_all()
        capture_payment(resolve_payment(payment_id=payment.pk))
        bank.lever("dispute", payment_intent=bank.book["intents"][0]["id"])

        def always_new(**fields: Any) -> tuple[WebhookEvent, bool]:
            values = {**fields["defaults"], "event_id": str(new_id()), "gateway": "stripe"}
            return WebhookEvent.objects.create(**values), True

        monkeypatch.setattr(webhooks.WebhookEvent.objects, "get_or_create", always_new)

        hear(*bank.events("charge.dispute.created") * 2)

        assert announced().count("disputed.v1") == 2

    def test_of_a_refund_that_came_back_counts_the_money_as_ours_again(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        capture_payment(resolve_payment(payment_id=payment.pk))
        refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")
        bank.lever("fail_refund", refund=bank.book["refunds"][0]["id"])

        hear(*bank.events("refund.failed") * 2)

        assert amounts(payment) == (1235, 1235, 0)
        refunds = Transaction.objects.filter(kind="refund").order_by("id")
        assert [one.outcome for one in refunds] == ["claimed", "succeeded", "declined"]

    def test_of_a_refund_that_came_back_since_is_not_taken_for_another(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        capture_payment(resolve_payment(payment_id=payment.pk))
        refund_payments(reference=payment.reference, amount=Money(400, "GBP"), key="one")
        bank.lever("fail_refund", refund=bank.book["refunds"][0]["id"])

        assert hear(*bank.events("refund.failed"), *bank.events(RETURNED)) == ["applied", "doubted"]
        relay()

        assert amounts(payment) == (1235, 1235, 0)
        assert announced().count("refunded.v1") == 1

    def test_of_a_failed_refund_that_was_not_ours_is_noted(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        capture_payment(resolve_payment(payment_id=payment.pk))
        intent = bank.book["intents"][0]["id"]
        bank.lever("refund", payment_intent=intent, amount="400")
        bank.lever("fail_refund", refund=bank.book["refunds"][0]["id"])

        assert hear(*bank.events("refund.failed") * 2) == ["applied"] * 2

        discrepancy = Discrepancy.objects.get()
        assert (discrepancy.kind, discrepancy.payment) == ("refund_failed", payment)

    def test_of_a_payment_we_do_not_know_is_kept(self, bank: Bank) -> None:
        waiting()
        bank.pay_all()
        Transaction.objects.all().delete()
        Payment.objects.all().delete()

        assert hear(*bank.events(HELD)) == ["unmatched"]

        assert WebhookEvent.objects.get().payment is None

    @pytest.mark.parametrize("payment_id", ["", "no id", None])
    def test_of_another_sender_is_kept(self, bank: Bank, payment_id: object) -> None:
        waiting()
        bank.pay_all()
        (event,) = bank.events(HELD)
        event["data"]["object"]["metadata"] = {"payment_id": payment_id}

        assert hear(event) == ["unmatched"]

    def test_of_a_type_we_do_not_need_is_kept_and_ignored(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()

        assert hear(*bank.events("charge.succeeded", "payment_intent.created")) == ["ignored"] * 2

        assert amounts(payment) == (0, 0, 0)

    def test_refuses_the_forged_and_the_stale_and_keeps_nothing(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        (event,) = bank.events(HELD)
        body, signature = signed(event)
        stale = signed(event, now=time.time() - 301)

        for sent, header in ((body, ""), (body + b" ", signature), stale):
            with pytest.raises(WebhookRefused):
                receive_webhook(
                    gateway="stripe",
                    body=sent,
                    headers={"Stripe-Signature": header},
                    now=datetime.now(UTC),
                )

        assert not WebhookEvent.objects.exists()
        assert (amounts(payment), announced()) == ((0, 0, 0), [])

    @pytest.mark.parametrize(
        "said",
        [
            {"id": "evt_\x00"},
            {"id": "e" * 5000},
            {"id": 5},
            {"id": "\ud800"},
            {"data": {"object": {"metadata": {"payment_id": 5}}}},
            {
                "type": "charge.dispute.created",
                "data": {"object": {"amount": 10**30, "currency": "gbp", "reason": "\ud800"}},
            },
            {"type": "a\x00b"},
            {"data": {"object": {"metadata": {"payment_id": "\x00"}}}},
            {
                "type": "charge.dispute.created",
                "data": {"object": {"amount": 1, "currency": "gbp", "reason": "\x00"}},
            },
        ],
    )
    def test_refuses_what_could_never_be_kept(self, bank: Bank, said: dict[str, Any]) -> None:
        """It is signed: the gateway would send it for days, and be answered with an error each time."""
        payment = waiting()
        event = {"id": "evt_1", "type": "x", "data": {"object": {}}} | said
        event["data"]["object"].setdefault("metadata", {"payment_id": str(payment.pk)})

        with pytest.raises(WebhookRefused):
            hear(event)

        assert not WebhookEvent.objects.exists()

    def test_refuses_what_is_nested_without_end(self, bank: Bank) -> None:
        body = b'{"id": ' + b"[" * 100_000

        with pytest.raises(WebhookRefused):
            receive_webhook(
                gateway="stripe",
                body=body,
                headers={
                    "Stripe-Signature": signature_of(
                        body, secret=WEBHOOK_SECRET, now=int(time.time())
                    )
                },
                now=datetime.now(UTC),
            )

    def test_refuses_everything_without_a_secret(self, bank: Bank, settings: Settings) -> None:
        tell(settings, "PAYMENT_PROVIDERS", "stripe", webhook_secret="")

        with pytest.raises(WebhookRefused):
            hear({"id": "evt_1", "type": "x", "data": {"object": {}}})

    @pytest.mark.parametrize("gateway", ["fake", "account", "nobody"])
    def test_knows_no_other_sender(self, gateway: str) -> None:
        with pytest.raises(NotFound):
            receive_webhook(gateway=gateway, body=b"", headers={}, now=timezone.now())


@pytest.mark.django_db(transaction=True)
class TestTheSameMessageAtTheSameMoment:
    def test_counts_once(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        events = bank.events(HELD)

        race(lambda _: hear(*events))

        assert WebhookEvent.objects.count() == 1
        assert amounts(payment) == (1235, 0, 0)
        assert announced() == ["authorised.v1"]


@pytest.mark.django_db
class TestTheAddress:
    def post(self, body: bytes, signature: str, *, gateway: str = "stripe") -> Any:
        return APIClient().generic(
            "POST",
            f"/api/v1/payments/webhooks/{gateway}/",
            body,
            content_type="application/json",
            HTTP_STRIPE_SIGNATURE=signature,
        )

    def test_takes_the_message_as_it_was_signed(self, bank: Bank) -> None:
        payment = waiting()
        bank.pay_all()
        body, signature = signed(bank.events(HELD)[0])

        response = self.post(body, signature)

        assert (response.status_code, response.json()) == (200, {"outcome": "applied"})
        assert amounts(payment) == (1235, 0, 0)

    def test_refuses_with_a_problem(self, bank: Bank) -> None:
        for body in (b"{}", b"x" * 1_000_000):
            response = self.post(body, "t=1,v1=00")

            assert (response.status_code, response.json()["code"]) == (400, "webhook_refused")
            assert response["Content-Type"] == "application/problem+json"
        assert not WebhookEvent.objects.exists()

    def test_is_not_there_for_other_gateways(self) -> None:
        assert self.post(b"{}", "", gateway="fake").status_code == 404

    def test_is_for_posts_only(self) -> None:
        assert APIClient().get("/api/v1/payments/webhooks/stripe/").status_code == 405

    def test_asks_the_gateway_nothing(self, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
        waiting()
        bank.pay_all()
        (event,) = bank.events("checkout.session.completed")
        monkeypatch.setattr("apps.payments.providers.stripe.provider._client_of", None)

        response = self.post(*signed(json.loads(json.dumps(event))))

        assert response.json() == {"outcome": "doubted"}
