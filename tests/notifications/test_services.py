"""Shoppers are told each thing once, in their language, and a mail never leaves twice."""

from datetime import date
from html import unescape
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone

from apps.core.models import new_id
from apps.events.models import OutboxMessage
from apps.notifications import gateways
from apps.notifications.events import MessageQueued
from apps.notifications.models import Kind, Message, SendingState
from apps.notifications.services import (
    resend_message,
    send_message,
    write_order_message,
    write_refund_message,
)
from apps.orders.models import Order, OrderLine
from apps.orders.services import cancel_order, expire_unpaid_orders, transitions
from apps.payments.models import CreditEntry, DiscrepancyKind, Payment
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services.refunds import return_claim
from apps.refunds.models import Refund
from apps.refunds.services import (
    approve_credit,
    approve_request,
    grant_refund,
    refuse_request,
    settle_otherwise,
)
from apps.refunds.types import ApprovedLine, CreditedLine
from tests.factories.orders import adjustment, make_order, make_order_on_account
from tests.factories.payments import share_of
from tests.factories.refunds import ask_back, bought, send
from tests.factories.shop import stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db


def order(*, token: str = "tok_success", **fields: object) -> UUID:
    return make_order(lines={stock_variant().sku: 2}, token=token, **fields)


def written() -> list[str]:
    return sorted(Message.objects.values_list("kind", flat=True))


def queued_message() -> Message:
    write_order_message(order_id=order(), kind=Kind.ORDER_RECEIVED)
    return Message.objects.get()


class TestWriteOrderMessage:
    def test_says_what_was_ordered(self) -> None:
        order_id = order()
        number = Order.objects.get().number

        write_order_message(order_id=order_id, kind=Kind.ORDER_CONFIRMED)

        message = Message.objects.get()
        assert (message.recipient, message.state) == ("ada@example.com", "queued")
        assert number in message.subject
        for part in (message.text, message.html):
            assert "£12.35" in part
            assert str(order_id) in part
        assert "<" not in message.text

    def test_writes_each_kind_once(self) -> None:
        order_id = order()

        for _ in range(2):
            write_order_message(order_id=order_id, kind=Kind.ORDER_RECEIVED)
        write_order_message(order_id=order_id, kind=Kind.ORDER_CONFIRMED)

        assert written() == ["order_confirmed", "order_received"]
        queued = OutboxMessage.objects.filter(type="notifications.message.queued.v1")
        assert queued.count() == 2

    def test_speaks_the_shoppers_language(self) -> None:
        write_order_message(order_id=order(language="de"), kind=Kind.ORDER_CONFIRMED)

        message = Message.objects.get()
        assert message.language == "de"
        assert "Bestellung" in message.subject
        assert "12,35\N{NO-BREAK SPACE}£" in message.text

    def test_is_silent_about_orders_imported_from_elsewhere(self) -> None:
        write_order_message(order_id=order(channel="import"), kind=Kind.ORDER_CONFIRMED)

        assert written() == []

    def test_is_silent_about_an_order_that_is_not_there(self) -> None:
        write_order_message(order_id=new_id(), kind=Kind.ORDER_CONFIRMED)

        assert written() == []

    @pytest.mark.parametrize(
        ("token", "is_told"), [("tok_success", True), ("tok_decline", False), ("tok_3ds", False)]
    )
    def test_tells_the_address_once_money_is_held(self, token: str, is_told: bool) -> None:
        order(token=token)
        relay()

        address = Order.objects.get().ship_to
        told = [unescape(part) for one in Message.objects.all() for part in (one.text, one.html)]
        assert len(told) == 4
        for words in (address.name, address.line1, address.postcode, address.city):
            assert [words in part for part in told] == [is_told] * 4

    def test_escapes_what_the_shopper_wrote_in_html_only(self) -> None:
        sku = stock_variant().sku
        order_id = make_order(lines={sku: 1})
        Order.objects.update(address={**Order.objects.get().address, "name": "<b>Ada & Co</b>"})

        write_order_message(order_id=order_id, kind=Kind.ORDER_CONFIRMED)

        message = Message.objects.get()
        assert "<b>Ada & Co</b>" in message.text
        assert "<b>Ada & Co</b>" not in message.html
        assert "&lt;b&gt;Ada &amp; Co&lt;/b&gt;" in message.html


class TestTheNews:
    @pytest.mark.parametrize(
        ("token", "kinds"),
        [
            ("tok_success", ["order_confirmed", "order_received"]),
            ("tok_decline", ["awaiting_payment", "order_received"]),
            ("tok_3ds", ["awaiting_payment", "order_received"]),
        ],
    )
    def test_of_an_order_becomes_mails(self, token: str, kinds: list[str]) -> None:
        order(token=token)

        relay()
        relay()

        assert written() == kinds
        assert len(mail.outbox) == 2
        assert set(Message.objects.values_list("state", flat=True)) == {"sent"}

    def test_that_waits_for_the_shopper_names_the_banks_page(self) -> None:
        order(token="tok_3ds")
        relay()

        message = Message.objects.get(kind="awaiting_payment")
        page = f"/demo-bank/{Payment.objects.get().pk}/"
        assert page in message.text
        assert page in message.html

    def test_of_the_shoppers_agreement_confirms(self) -> None:
        order(token="tok_3ds")
        relay()
        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=True)
        relay()

        assert written() == ["awaiting_payment", "order_confirmed", "order_received"]

    def test_of_a_sold_out_order_becomes_one_mail(self) -> None:
        make_order(lines={stock_variant(on_hand=1).sku: 2})
        relay()

        assert written() == ["order_rejected"]


class TestWhatIsSaidOfMoney:
    def said(self, kind: str) -> str:
        """What the one mail of this kind says, as text; its HTML says the same."""
        message = Message.objects.get(kind=kind)
        return " ".join(message.text.split())

    def test_of_an_order_that_sold_out_after_it_was_paid_is_that_it_comes_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transitions, "keep_reservation", lambda **_: False)
        order()
        relay()

        assert "What you paid is on its way back to you" in self.said("order_cancelled")
        assert "Nothing was charged" not in self.said("order_cancelled")

    def test_of_an_order_that_was_never_paid_is_that_nothing_was_charged(self) -> None:
        cancel_order(order_id=order(token="tok_3ds"), reason="customer")
        relay()

        assert "Nothing was charged." in self.said("order_cancelled")

    def test_of_an_order_is_what_changed_its_price(self) -> None:
        order(adjustments=[adjustment(-100)])
        relay()

        said = self.said("order_confirmed")
        assert " Standard: £3.29 Summer sale: −£1.00 Tax: £1.89 Total: £11.35 " in said
        html = Message.objects.get(kind="order_confirmed").html
        assert "Summer sale" in html
        assert "−£1.00" in html

    def test_of_an_order_at_its_price_is_of_no_adjustment(self) -> None:
        order()
        relay()

        assert " Standard: £3.29 Tax: £2.06 Total: £12.35 " in self.said("order_confirmed")

    def test_of_an_order_on_account_is_by_when_to_pay(self) -> None:
        make_order_on_account(lines={stock_variant().sku: 2})
        CreditEntry.objects.filter(kind="invoice").update(due_on=date(2027, 3, 31))
        relay()

        said = self.said("order_confirmed")
        assert "please pay it by 31 March 2027" in said
        assert "paid" not in said.lower().replace("please pay it by", "")

    def test_of_an_order_that_the_account_does_not_cover_names_no_bank(self) -> None:
        make_order_on_account(lines={stock_variant().sku: 2}, limit_minor=100)
        relay()

        said = self.said("awaiting_payment")
        assert "Your account does not cover this order" in said
        assert "Choose how to pay: http" in said
        assert "bank" not in said

    def test_of_a_declined_card_is_that_another_may_follow(self) -> None:
        order(token="tok_decline")
        relay()

        said = self.said("awaiting_payment")
        assert "The payment was declined" in said
        assert "please choose another way to pay on its page. We keep the goods" in said
        Order.objects.update(pay_by=timezone.now())
        expire_unpaid_orders()
        relay()
        assert "Your bank declined the payment." in self.said("order_rejected")

    def test_of_a_deposit_is_what_the_rest_comes_to(self) -> None:
        make_order(lines={stock_variant().sku: 2}, shares=[share_of(235)])
        relay()

        said = self.said("awaiting_payment")
        assert "One step left: £10.00 are to be paid" in said
        assert "how to pay the rest." in said

    def test_of_a_cancelled_order_on_account_is_that_it_is_taken_off(self, queues) -> None:
        order_id = make_order_on_account(lines={stock_variant().sku: 2})
        cancel_order(order_id=order_id, reason="customer")
        relay()
        queues.run("refunds")
        relay()

        assert "It is taken off your account again." in self.said("order_cancelled")
        assert "against your account" in self.said("refund_paid")
        assert "bank" not in self.said("refund_paid")

    def test_before_it_is_paid_fits_a_confirmation_and_a_payment(self) -> None:
        order(token="tok_3ds")
        relay()

        said = self.said("awaiting_payment")
        assert "One step left: the payment" in said
        assert "Go to the payment page: http" in said


class TestSendMessage:
    def test_sends_text_and_html_once(self) -> None:
        message = queued_message()

        for _ in range(2):
            send_message(message_id=message.pk)

        (sent,) = mail.outbox
        assert (sent.to, sent.subject, sent.body) == (
            ["ada@example.com"],
            message.subject,
            message.text,
        )
        assert sent.alternatives[0].content == message.html
        assert sent.extra_headers["X-Message-Id"] == str(message.pk)
        message.refresh_from_db()
        assert message.state == "sent"
        assert message.sent_at is not None

    def test_that_fails_goes_back_to_the_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        message = queued_message()

        def fail(**_: object) -> None:
            raise ConnectionRefusedError("no mail server")

        with monkeypatch.context() as outage:
            outage.setattr(gateways, "send_mail", fail)
            with pytest.raises(ConnectionRefusedError):
                send_message(message_id=message.pk)
        message.refresh_from_db()
        assert (message.state, mail.outbox) == ("queued", [])
        assert "no mail server" in message.error

        send_message(message_id=message.pk)
        message.refresh_from_db()
        assert (message.state, message.error, len(mail.outbox)) == ("sent", "", 1)

    @pytest.mark.parametrize("state", [SendingState.SENDING, SendingState.SENT])
    def test_never_sends_what_may_have_left_already(self, state: str) -> None:
        message = queued_message()
        Message.objects.update(state=state)

        send_message(message_id=message.pk)

        message.refresh_from_db()
        assert (message.state, mail.outbox) == (state, [])

    def test_that_was_killed_on_the_way_stays_where_it_was(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = queued_message()

        def die(**_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as crash:
            crash.setattr(gateways, "send_mail", die)
            with pytest.raises(KeyboardInterrupt):
                send_message(message_id=message.pk)
        send_message(message_id=message.pk)

        message.refresh_from_db()
        assert (message.state, mail.outbox) == ("sending", [])


class TestResendMessage:
    def test_lets_a_stuck_message_leave(self) -> None:
        message = queued_message()
        Message.objects.update(state=SendingState.SENDING)

        resend_message(message_id=message.pk, actor_id=7)
        relay()

        message.refresh_from_db()
        ids = [sent.extra_headers["X-Message-Id"] for sent in mail.outbox]
        assert (message.state, ids.count(str(message.pk))) == ("sent", 1)
        said = OutboxMessage.objects.filter(type=MessageQueued.type, subject=str(message.pk))
        assert said.latest("id").actor_id == 7


class TestWriteRefundMessage:
    def test_tells_the_customer_each_step_once(self, queues) -> None:
        line = bought(language="de")
        refused = ask_back(line)
        refuse_request(request_id=refused.pk, actor_id=7, reason="Es war getragen.")
        request = ask_back(line)
        approve_request(
            request_id=request.pk,
            actor_id=7,
            lines=[ApprovedLine(order_line_id=line.pk, quantity=2)],
        )
        relay()
        queues.run("refunds")
        relay()

        told = {
            kind: Message.objects.filter(kind=kind)
            for kind in ("refund_requested", "refund_refused", "refund_approved", "refund_paid")
        }
        assert [len(messages) for messages in told.values()] == [2, 1, 1, 1]
        assert "Es war getragen." in told["refund_refused"].get().text
        approved = told["refund_approved"].get()
        assert approved.subject == f"Sie bekommen Geld zurück für Bestellung {line.order.number}"
        assert "8,40\N{NO-BREAK SPACE}£" in approved.text
        assert f"2 × {line.title}" in approved.text
        assert "8,40" in told["refund_paid"].get().html

    def approve(self, line: OrderLine, *, restock: bool) -> str:
        request = ask_back(line)
        approve_request(
            request_id=request.pk,
            actor_id=7,
            lines=[ApprovedLine(order_line_id=line.pk, quantity=2, restock=restock)],
        )
        relay()
        message = Message.objects.get(kind="refund_approved")
        assert ("14 Quay Street" in message.html) == ("14 Quay Street" in message.text)
        return message.text

    def test_says_where_to_send_what_is_not_back_yet(self) -> None:
        line = bought()

        said = self.approve(line, restock=False)

        assert "please send them to:\n\nAlder & Brine Ltd\n14 Quay Street\n" in said
        assert f"Please write order {line.order.number} on the parcel." in said

    def test_asks_for_nothing_that_is_on_the_shelf_again(self) -> None:
        assert "Quay Street" not in self.approve(bought(), restock=True)

    def test_asks_for_nothing_where_only_money_goes_back(self) -> None:
        line = bought()
        send(line)
        grant_refund(
            order_id=line.order_id, reference="G1", actor_id=7, reason="x", goodwill_minor=100
        )
        relay()

        assert "Quay Street" not in Message.objects.get(kind="refund_approved").text

    def test_says_how_the_money_went_if_it_went_otherwise(self) -> None:
        line = bought()
        refund = grant_refund(
            order_id=line.order_id, reference="G1", actor_id=7, reason="x", goodwill_minor=100
        )
        Refund.objects.update(state="failed")
        settle_otherwise(refund_id=refund.pk, actor_id=7, note="by cheque")
        relay()

        message = Message.objects.get(kind="refund_paid")
        for part in (message.text, message.html):
            assert "It went another way than you paid: by cheque" in part
            assert "Most banks" not in part

    def test_tells_again_of_money_that_had_come_back(self, queues) -> None:
        line = bought()
        refund = grant_refund(
            order_id=line.order_id, reference="G1", actor_id=7, reason="x", goodwill_minor=100
        )
        relay()
        queues.run("refunds")
        relay()
        return_claim(
            Payment.objects.get(),
            key=f"{Payment.objects.get().pk}:refund:{refund.pk}",
            reason="the account is closed",
            kind=DiscrepancyKind.REFUND_FAILED,
        )
        relay()
        settle_otherwise(refund_id=refund.pk, actor_id=7, note="by cheque")
        relay()

        first, second = Message.objects.filter(kind="refund_paid").order_by("created_at")
        assert "Most banks" in first.text
        assert "by cheque" in second.text

    def test_of_a_cancellation_tells_only_that_the_money_is_sent(self, queues) -> None:
        cancel_order(order_id=bought().order_id, reason="customer")
        relay()
        queues.run("refunds")
        relay()

        assert [kind for kind in written() if kind.startswith("refund")] == ["refund_paid"]

    def test_of_a_credit_without_a_sale_tells_nobody(self) -> None:
        credit = approve_credit(
            reference="C1",
            party="17850",
            currency="GBP",
            lines=[CreditedLine(sku="A", quantity=1, amount_minor=5)],
            reason="x",
        )

        write_refund_message(refund_id=credit.pk, kind=Kind.REFUND_APPROVED)

        assert not Message.objects.exists()
