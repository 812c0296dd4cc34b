"""What an order costs the database once it is paid: news, parcel, invoice, mails, all of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.events.models import Delivery
from apps.invoicing.models import Document
from apps.notifications.models import Message
from apps.orders.services import process_order
from apps.shipping.models import Shipment
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db(transaction=True)


def statements_of(orders: int) -> list[str]:
    """What the database is asked for all that follows so many paid orders, relayed together."""
    for _ in range(orders):
        process_order(request=make_request(lines={stock_variant().sku: 1, stock_variant().sku: 2}))
    with CaptureQueriesContext(connection) as captured:
        relay()
    assert not Delivery.objects.filter(delivered_at=None).exists()
    for made in (Shipment, Document, Message):
        assert made.objects.count() >= orders
    return [query["sql"] for query in captured.captured_queries]


def test_all_that_follows_an_order_takes_few_statements() -> None:
    assert len(statements_of(1)) <= 120


def test_what_follows_many_orders_takes_fewer_of_each() -> None:
    assert len(statements_of(20)) <= 20 * 65
