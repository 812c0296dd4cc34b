"""`manage.py downstream NAME` shows what waits for a system, and leaves it there."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.core.types import Money
from apps.events.services import publish
from apps.payments.events import PaymentRefunded
from tests.queues import Queues
from tests.relays import relay


def downstream(*arguments: str) -> tuple[list[str], str]:
    out, err = StringIO(), StringIO()
    call_command("downstream", *arguments, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().strip()


@pytest.mark.django_db
class TestDownstream:
    def announce(self) -> str:
        event_id = publish(
            PaymentRefunded(
                payment_id="p",
                reference="r",
                gateway="fake",
                amount=Money(395, "GBP"),
                refund_key="k",
            )
        )
        relay()
        return str(event_id)

    def test_shows_what_waits_and_leaves_it_there(self, queues: Queues) -> None:
        event_id = self.announce()

        for _ in range(2):
            (line,), summary = downstream("accounting")
            assert "payments.payment.refunded.v1" in line
            assert line.endswith(event_id)
            assert summary == "1 waiting for accounting"
        assert queues.heard_by("accounting") == ["payments.payment.refunded.v1"]

    def test_shows_whole_messages(self, queues: Queues) -> None:
        event_id = self.announce()

        (line,), _ = downstream("accounting", "--full")

        body = json.loads(line)
        assert body["id"] == event_id
        assert body["data"]["amount"] == {"minor": 395, "currency": "GBP"}

    def test_of_a_system_that_hears_nothing_is_empty(self, queues: Queues) -> None:
        self.announce()

        assert downstream("support") == ([], "0 waiting for support")

    def test_of_a_system_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(CommandError, match="invalid choice"):
            downstream("nobody")
