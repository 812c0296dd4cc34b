"""RDS Proxy pins a session to a statement of more than 16 KB: what is written in bulk stays below."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.backends.postgresql import operations
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Product
from apps.events.models import Delivery
from apps.events.services import leases, publish, relay
from apps.inventory.models import StockLevel
from apps.orders.models import OrderLine
from apps.orders.services import process_order
from ecommerce.database.base import DatabaseOperations
from tests.events.things import ThingDone
from tests.factories.orders import make_request
from tests.factories.shop import stock_variants

LIMIT = 16_384
Write = Callable[[], object]

pytestmark = pytest.mark.django_db


def longest(write: Write) -> int:
    """The bytes of the longest statement."""
    with CaptureQueriesContext(connection) as captured:
        write()
    return max(len(one["sql"].encode()) for one in captured.captured_queries)


def large_order() -> Write:
    variants = stock_variants({"product__name": "ß" * 200} for _ in range(300))
    request = make_request(lines={one.sku: 1 for one in variants})
    return lambda: process_order(request=request)


def fan_out() -> Write:
    for number in range(leases.BATCH):
        publish(ThingDone(thing_id=f"{number:064d}"))
    return relay


def bulk_update() -> Write:
    stock_variants({"product__summary": "x" * 200} for _ in range(200))
    products = list(Product.objects.all())
    return lambda: Product.objects.bulk_update(products, ["summary", "name"])


@pytest.mark.parametrize("prepare", [fan_out, bulk_update])
def test_what_is_written_in_bulk_pins_no_session(prepare: Callable[[], Write]) -> None:
    assert longest(prepare()) < LIMIT


def test_the_lines_of_a_large_order_pin_no_session() -> None:
    write = large_order()
    with CaptureQueriesContext(connection) as captured:
        write()

    too_long = [
        one["sql"][:80]
        for one in captured.captured_queries
        if "INSERT" in one["sql"] and len(one["sql"].encode()) >= LIMIT
    ]
    assert OrderLine.objects.count() == 300
    # One row is not split: the event tells of every line.
    assert [one for one in too_long if "events_outboxmessage" not in one] == []


@pytest.mark.parametrize("prepare", [fan_out, bulk_update])
def test_djangos_own_way_would(
    prepare: Callable[[], Write], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = prepare()
    monkeypatch.setattr(
        DatabaseOperations, "bulk_batch_size", operations.DatabaseOperations.bulk_batch_size
    )

    assert longest(write) > LIMIT


def test_nothing_to_write_is_no_division_by_zero() -> None:
    assert connection.ops.bulk_batch_size([], []) > 0
    assert connection.ops.bulk_batch_size(["pk"], [1, 2, 3]) > 3
    assert Delivery.objects.bulk_create([]) == []
    assert StockLevel.objects.bulk_update([], ["on_hand"]) == 0
