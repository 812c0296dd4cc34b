"""The worker's entries: poison is set aside at once, an outage brings the message again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.orders import tasks
from apps.orders.models import Order
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.providers.fake import FakeProvider
from tests.factories.orders import make_order, make_request
from tests.factories.shop import stock_variant
from tests.queues import Queues

pytestmark = pytest.mark.django_db


class TestProcessOrder:
    def test_makes_the_order(self, queues: Queues) -> None:
        request = make_request(lines={stock_variant().sku: 1})

        made = tasks.process_order(request=request)

        assert made == str(Order.objects.get().pk)
        assert queues.take("orders-dlq") == []

    def test_understands_what_a_later_version_adds(self, queues: Queues) -> None:
        request = make_request(lines={stock_variant().sku: 1})

        tasks.process_order(request=request, added_next_year=True)

        assert Order.objects.get().status == "paid"

    @pytest.mark.parametrize("request_", [None, {}, {"version": 2}, "text"])
    def test_sets_poison_aside_with_the_reason(self, queues: Queues, request_: object) -> None:
        assert tasks.process_order(request=request_) is None

        (envelope,) = queues.take("orders-dlq")
        assert envelope["headers"]["task"] == "orders.process_order"
        assert envelope["headers"]["dead_letter_reason"]
        assert queues.take("orders") == []
        assert not Order.objects.exists()

    def test_sets_nothing_aside_for_an_outage(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def time_out(*_: object) -> None:
            raise GatewayTimeout

        monkeypatch.setattr(FakeProvider, "authorise", time_out)
        monkeypatch.setattr(FakeProvider, "fetch", time_out)

        with pytest.raises(GatewayUnavailable):
            tasks.process_order(request=make_request(lines={stock_variant().sku: 1}))

        assert queues.take("orders-dlq") == []


class TestExpireUnpaidOrders:
    def test_says_how_many(self) -> None:
        make_order(lines={stock_variant().sku: 1}, token="tok_3ds")
        Order.objects.update(pay_by=timezone.now() - timedelta(seconds=1))

        assert tasks.expire_unpaid_orders() == 1
