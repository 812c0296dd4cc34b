"""Operators see how many orders are accepted and what becomes of them, of real sales only."""

from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from apps.orders import services
from apps.orders.models import Order
from apps.orders.types import Channel, OrderRequest
from tests.factories.events import metrics
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.queues import Queues

pytestmark = pytest.mark.django_db(transaction=True)


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, int]]:
    printed = capsys.readouterr().out
    names = (
        "OrdersAccepted",
        "OrdersProcessed",
        "OrderWaitSeconds",
        "OrdersRejected",
        "PaymentAnswers",
    )
    return {name: found for name in names if (found := metrics(printed, name))}


def asked(**fields: object) -> dict:
    return make_request(lines={stock_variant().sku: 1}, **fields)


@pytest.mark.usefixtures("queues")
class TestFigures:
    def test_tell_of_what_lies_on_the_queue(self, capsys: pytest.CaptureFixture[str]) -> None:
        services.send_request(msgspec.convert(asked(), OrderRequest))

        assert figures(capsys) == {"OrdersAccepted": {"": 1}}

    def test_tell_how_long_an_order_waited_and_what_the_bank_said(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        request = asked()
        request["accepted_at"] = (timezone.now() - timedelta(seconds=90)).isoformat()

        services.process_order(request=request)

        found = figures(capsys)
        assert found["OrderWaitSeconds"][""] in range(90, 100)
        assert found["OrdersProcessed"] == {"": 1}
        assert found["PaymentAnswers"] == {"authorise-succeeded": 1, "capture-succeeded": 1}
        assert "OrdersRejected" not in found

    def test_count_an_order_once_however_often_its_message_comes(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        request = asked()
        services.process_order(request=request)
        figures(capsys)

        services.process_order(request=request)

        assert figures(capsys) == {}

    def test_tell_why_an_order_could_not_be(self, capsys: pytest.CaptureFixture[str]) -> None:
        services.process_order(request=make_request(lines={stock_variant(on_hand=0).sku: 1}))

        assert figures(capsys) == {"OrdersRejected": {"sold_out": 1}}

    def test_tell_of_a_card_that_was_declined(
        self, capsys: pytest.CaptureFixture[str], queues: Queues
    ) -> None:
        order_id = services.process_order(request=asked(token="tok_decline"))
        Order.objects.filter(pk=order_id).update(pay_by=timezone.now())
        services.expire_unpaid_orders()
        queues.run_all()

        found = figures(capsys)
        assert found["PaymentAnswers"] == {"authorise-declined": 1}
        assert found["OrdersRejected"] == {"payment_declined": 1}

    def test_leave_out_what_is_imported(self, capsys: pytest.CaptureFixture[str]) -> None:
        request = asked()
        request["draft"]["channel"] = Channel.IMPORT

        services.send_request(msgspec.convert(request, OrderRequest))
        services.process_order(request=request)

        assert set(figures(capsys)) == {"PaymentAnswers"}
