"""A payment provider of somebody else's sells with one entry in the settings, and nothing else changed."""

import json
import logging
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.core.checks import check_shop
from apps.core.rules import sign
from apps.core.types import Money
from apps.events.models import OutboxMessage
from apps.orders.models import Order
from apps.payments.errors import CurrencyNotTaken
from apps.payments.models import Payment, WebhookEvent
from apps.payments.services import check_amount, check_payable, takes_amount
from ecommerce.logs import JsonFormatter
from tests.checkout.shoppers import SECRET, quote_cart
from tests.doors import enter, offer, tell
from tests.factories.shop import open_market, stock_variant
from tests.pages import Shopper, squeezed
from tests.payments import acme
from tests.payments.acme import Acme
from tests.queues import Queues
from tests.storefront.test_pages import FORM, ask_for_total, fill_cart

pytestmark = pytest.mark.django_db
KEY = "acme-knows-this-key"
ENTRY = {
    "BACKEND": "tests.payments.acme.Acme",
    "OPTIONS": {"least_minor": 100},
    "SECRETS": {"key": KEY},
}


class TestACurrencyThatItDoesNotTake:
    @pytest.fixture(autouse=True)
    def _no_pounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def least(_: Acme, currency: str) -> int | None:
            return None if currency == "GBP" else 0

        monkeypatch.setattr(Acme, "least", least)

    def test_is_neither_offered_nor_taken(self) -> None:
        pound = Money(100, "GBP")

        assert not takes_amount(gateway="acme", amount=pound)
        with pytest.raises(CurrencyNotTaken):
            check_amount(gateway="acme", amount=pound)
        check_amount(gateway="acme", amount=Money(100, "EUR"))

    def test_leaves_no_way_to_pay_where_there_is_no_other(self, settings: Settings) -> None:
        offer(settings, "acme")

        with pytest.raises(CurrencyNotTaken):
            check_payable(amount=Money(100, "GBP"), payer_id=None)
        check_payable(amount=Money(0, "GBP"), payer_id=None)


@pytest.fixture(autouse=True)
def _acme(settings: Settings) -> None:
    open_market()
    enter(settings, "PAYMENT_PROVIDERS", acme=ENTRY)


@pytest.fixture
def shopper() -> Client:
    return Shopper()


def pay(shopper: Client, queues: Queues) -> Payment:
    fill_cart(shopper)
    form = {"quote": ask_for_total(shopper), "payment_method": "acme:south"}
    assert shopper.post("/checkout/place/", form).status_code == 302
    queues.run_all()
    return Payment.objects.get()


def tell_acme(body: bytes, *, signature: str | None = None) -> int:
    """The status that a webhook of Acme's is answered with."""
    signature = (
        sign(body=body, secret=KEY, now=int(time.time())) if signature is None else signature
    )
    answer = APIClient().generic(
        "POST",
        "/api/v1/payments/webhooks/acme/",
        body,
        content_type="application/json",
        headers={"Acme-Signature": signature},
    )
    return answer.status_code


class TestAProviderOfSomebodyElse:
    def test_is_entered_rightly(self) -> None:
        assert check_shop() == []
        call_command("check")

    def test_names_nothing_that_a_copy_of_it_would_lack(self) -> None:
        assert "tests" not in Path(acme.__file__).read_text()

    def test_stands_on_the_checkout_page_with_its_own_piece(self, shopper: Client) -> None:
        fill_cart(shopper)

        page = shopper.post("/checkout/", FORM).content.decode()

        assert 'value="acme:north"' in page
        assert "Bank of the south" in page
        assert page.count(" checked") == 1

    def test_alone_is_chosen_at_once(self, shopper: Client, settings: Settings) -> None:
        offer(settings, "acme")
        fill_cart(shopper)

        page = squeezed(shopper.post("/checkout/", FORM).content.decode())

        assert 'value="acme:north" checked' in page
        assert "fake" not in page

    def test_is_paid_by(self, shopper: Client, queues: Queues) -> None:
        payment = pay(shopper, queues)

        assert (payment.gateway, payment.token) == ("acme", "south")
        assert Order.objects.get().status == "paid"
        assert payment.captured_minor == payment.amount_minor
        assert not payment.is_on_account

    def test_is_paid_by_over_the_api(self, queues: Queues) -> None:
        body = {
            "quote": quote_cart().document,
            "payment_provider": "acme",
            "payment_token": "north",
        }

        answer = APIClient().post("/api/v1/orders/", body, headers={"Guest-Secret": SECRET})
        queues.run_all()

        assert answer.status_code == 202
        assert Order.objects.get().status == "paid"

    def test_judges_its_tokens_and_amounts(self, shopper: Client, settings: Settings) -> None:
        fill_cart(shopper)
        document = ask_for_total(shopper)
        west = {"quote": document, "payment_method": "acme:west"}
        assert shopper.post("/checkout/place/", west).status_code == 400

        tell(settings, "PAYMENT_PROVIDERS", "acme", least_minor=10**9)
        south = {"quote": document, "payment_method": "acme:south"}
        refused = shopper.post("/checkout/place/", south)

        assert refused.status_code == 409
        assert "too small to be paid this way" in refused.content.decode()
        assert "acme" not in shopper.post("/checkout/", FORM).content.decode()

    def test_is_heard_at_an_address_of_its_own(self, shopper: Client, queues: Queues) -> None:
        payment = pay(shopper, queues)
        body = json.dumps({"id": "1", "payment": str(payment.pk)}).encode()

        assert tell_acme(body) == 200
        assert OutboxMessage.objects.filter(type="payments.payment.disputed.v1").count() == 1

    @pytest.mark.parametrize(
        "signature", ["", KEY, "\xe4\xf6\xfc", "t=\xb2,v1=\xe4", f"t={{now}},v1={KEY}"]
    )
    def test_believes_no_other_signature(self, signature: str) -> None:
        signed = signature.replace("{now}", str(int(time.time())))

        assert tell_acme(b'{"id": "1", "payment": ""}', signature=signed) == 400
        assert not WebhookEvent.objects.exists()

    def test_believes_no_signature_of_another_body_or_of_long_ago(self) -> None:
        body, now = b'{"id": "1", "payment": ""}', int(time.time())

        other = sign(body=body + b" ", secret=KEY, now=now)
        stale = sign(body=body, secret=KEY, now=now - 301)

        assert [tell_acme(body, signature=one) for one in (other, stale)] == [400, 400]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"{}",
            b"[]",
            b"\xff",
            b'{"id": 1, "payment": "1"}',
            b'{"id": "\xff", "payment": ""}',
        ],
    )
    def test_refuses_what_it_cannot_read(self, body: bytes) -> None:
        assert tell_acme(body) == 400
        assert not WebhookEvent.objects.exists()

    def test_keeps_its_secret_out_of_the_log(self) -> None:
        record = logging.makeLogRecord({"msg": "asked with acme-knows-this-key"})

        assert "acme-knows" not in JsonFormatter().format(record)

    def test_that_was_taken_out_leaves_its_payments_readable(
        self, shopper: Client, queues: Queues, settings: Settings
    ) -> None:
        payment = pay(shopper, queues)
        enter(settings, "PAYMENT_PROVIDERS", acme=None)
        stock_variant()

        assert not payment.is_on_account
        assert APIClient().post("/api/v1/payments/webhooks/acme/").status_code == 404
