"""A second channel hears everything that mail does, of those who can be reached by it, and once."""

from typing import ClassVar

import pytest
from django.core import mail
from pytest_django import Settings

from apps.core.checks import check_shop
from apps.notifications.models import Message
from apps.notifications.registry import NotificationChannel
from apps.notifications.services import resend_message, send_message
from apps.notifications.types import WrittenMessage
from apps.orders.models import Order
from tests.doors import enter
from tests.factories.orders import make_order
from tests.factories.shop import open_market, stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db

PAGER = {"BACKEND": "tests.notifications.test_channels.Pager", "OPTIONS": {"sender": "SHOP"}}


class Pager(NotificationChannel):
    """Reads subjects out over the telephone."""

    writes_to = "phone"
    heard: ClassVar[list[tuple[str, str, str]]] = []
    is_down = False

    def __init__(self, *, sender: str) -> None:
        self.sender = sender

    def send(self, message: WrittenMessage) -> None:
        if Pager.is_down:
            raise ConnectionRefusedError("no line")
        Pager.heard.append((self.sender, message.recipient, message.subject))


@pytest.fixture(autouse=True)
def _pager(settings: Settings) -> None:
    open_market()
    enter(settings, "NOTIFICATION_CHANNELS", pager=PAGER)
    Pager.heard.clear()
    Pager.is_down = False


def order(*, phone: str = "+44 20 7946 0000") -> Order:
    """An order whose messages have left, of somebody with this telephone number."""
    make_order(lines={stock_variant().sku: 1})
    found = Order.objects.get()
    found.address["phone"] = phone
    found.save(update_fields=["address"])
    relay()
    relay()
    return found


def written() -> list[tuple[str, str, str, str]]:
    found = Message.objects.order_by("kind", "channel")
    return list(found.values_list("kind", "channel", "recipient", "state"))


class TestASecondChannel:
    def test_is_entered_rightly(self) -> None:
        assert check_shop() == []

    def test_tells_what_mail_tells(self) -> None:
        sold = order()

        assert written() == [
            ("order_confirmed", "mail", sold.email, "sent"),
            ("order_confirmed", "pager", "+44 20 7946 0000", "sent"),
            ("order_received", "mail", sold.email, "sent"),
            ("order_received", "pager", "+44 20 7946 0000", "sent"),
        ]
        assert {(sender, to) for sender, to, _ in Pager.heard} == {("SHOP", "+44 20 7946 0000")}
        assert {subject for _, _, subject in Pager.heard} == {one.subject for one in mail.outbox}
        assert len(mail.outbox) == 2

    def test_leaves_out_who_cannot_be_reached_by_it(self) -> None:
        order(phone="")

        assert {channel for _, channel, _, _ in written()} == {"mail"}
        assert Pager.heard == []

    def test_that_is_down_holds_up_no_mail(self) -> None:
        Pager.is_down = True

        order()

        states = {(channel, state) for _, channel, _, state in written()}
        assert states == {("mail", "sent"), ("pager", "queued")}
        Pager.is_down = False
        for message in Message.objects.filter(channel="pager"):
            send_message(message_id=message.pk)
            send_message(message_id=message.pk)
        assert len(Pager.heard) == 2

    def test_is_used_again_when_a_message_is_sent_once_more(self) -> None:
        order()
        before = len(mail.outbox)

        resend_message(message_id=Message.objects.filter(channel="pager")[0].pk, actor_id=None)
        relay()

        assert (len(Pager.heard), len(mail.outbox)) == (3, before)
