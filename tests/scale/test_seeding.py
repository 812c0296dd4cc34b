"""A seeded shop keeps every promise, sells on, and is the same for the same seed."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Field
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.selectors import list_violations
from apps.catalog.models import Product
from apps.downstream.models import Receipt
from apps.events.models import OutboxMessage
from apps.inventory.models import StockLevel
from apps.orders.models import Order
from apps.orders.services import cancel_order
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay
from tests.scale import seeding
from tests.scale.command import main
from tests.scale.copying import Table

pytestmark = pytest.mark.django_db
_SIZE = seeding.Size(orders=200, products=30, customers=20)


def _seed(**fields: int) -> seeding.Report:
    return seeding.seed(size=_SIZE, until=timezone.now(), **fields)


def test_every_promise_holds_and_the_counts_are_as_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["200", "30", "20"]) == 0
    assert list_violations() == []
    assert Product.objects.count() == 30
    assert User.objects.count() == 20
    assert Counter(Order.objects.values_list("status", flat=True)) == {
        "completed": 164,
        "paid": 18,
        "cancelled": 8,
        "rejected": 8,
        "awaiting_payment": 2,
    }
    said = capsys.readouterr()
    assert "200 of 200 orders" in said.err
    assert "orders_order                         200 rows" in said.out


def test_no_event_tells_of_a_person() -> None:
    _seed()

    told = OutboxMessage.objects.filter(payload__has_any_keys=["email", "name", "address"])
    assert not told.exists()


def test_every_foreign_key_finds_its_row() -> None:
    _seed()
    assert _dangling() == []


@pytest.mark.control
def test_a_foreign_key_that_finds_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Table.copy
    left_out = ("refunds_refund", "orders_order")
    monkeypatch.setattr(Table, "copy", lambda one: None if one.name in left_out else copy(one))
    with transaction.atomic():
        _seed()
        assert {"refunds_refundline.refund_id", "orders_orderline.order_id"} <= {*_dangling()}
        transaction.set_rollback(True)


def _dangling() -> list[str]:
    """The foreign keys of the shop of which a row points nowhere."""
    keys = [
        (model._meta.db_table, field.column, field.target_field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation
    ]
    return [f"{key[0]}.{key[1]}" for key in keys if _dangles(*key)]


def _dangles(table: str, column: str, target: Field) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT EXISTS (SELECT FROM "{table}" one WHERE one."{column}" IS NOT NULL AND NOT EXISTS'
            f' (SELECT FROM "{target.model._meta.db_table}" other'
            f' WHERE other."{target.column}" = one."{column}"))'
        )
        return bool(cursor.fetchone()[0])


def test_a_second_run_adds() -> None:
    _seed()
    _seed()
    assert Order.objects.count() == 400
    assert Product.objects.count() == 60
    assert list_violations() == []


def test_it_adds_to_a_shop_that_sells_already(queues: Queues) -> None:
    make_order(lines={stock_variant().sku: 1})
    relay()
    queues.run_all()
    _seed()
    assert list_violations() == []
    assert not Receipt.objects.exists()


def test_a_seeded_shop_sells_on(queues: Queues) -> None:
    _seed()
    level = StockLevel.objects.first()
    free = level.on_hand - level.reserved
    order_id = make_order(lines={level.variant_id: 2})
    cancelled = Order.objects.filter(status="paid").exclude(pk=order_id).first()
    cancel_order(order_id=cancelled.pk, reason="customer")
    relay()
    queues.run_all()
    level.refresh_from_db()
    assert Order.objects.get(pk=order_id).status == "paid"
    assert level.on_hand - level.reserved >= free - 2
    assert list_violations() == []


def test_the_same_seed_writes_the_same_orders() -> None:
    assert _numbers(1) == _numbers(1)
    assert _numbers(1) != _numbers(2)


def _numbers(seed: int) -> list[str]:
    """The orders of a run that is undone."""
    until = datetime(2026, 6, 1, tzinfo=UTC)
    with transaction.atomic():
        seeding.seed(size=_SIZE, until=until, seed=seed)
        found = list(Order.objects.order_by("accepted_at").values_list("number", flat=True))
        transaction.set_rollback(True)
    return found


@pytest.mark.control
@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("payments_payment", "O4"),
        ("payments_transaction", "I4b"),
        ("orders_orderline", "I6"),
        ("inventory_reservation", "I5a"),
        ("inventory_movement", "I2a"),
        ("shipping_shipmentline", "S1"),
        ("events_delivery", "E1"),
        ("notifications_message", "N1"),
        ("invoicing_document", "I7"),
        ("refunds_refundline", "I4f"),
    ],
)
def test_a_table_that_is_left_out_is_noticed(
    table: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Table.copy
    monkeypatch.setattr(Table, "copy", lambda one: copy(one) if one.name != table else None)
    with transaction.atomic():
        _seed()
        assert code in {one.code for one in list_violations()}
        transaction.set_rollback(True)


@pytest.mark.control
def test_a_receipt_that_is_left_out_is_noticed() -> None:
    _seed()
    Receipt.objects.filter(system="crm").last().delete()
    assert {one.code for one in list_violations()} == {"E2"}


def test_a_forgotten_column_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nobody fills: .*'payload'"):
        Table(OutboxMessage, "id type subject")


def test_it_does_not_run_in_production(
    settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.STAGE = "production"
    assert main(["1", "1", "1"]) == 1
    assert "production" in capsys.readouterr().err
    assert not Order.objects.exists()


def test_names_that_are_taken_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("customer-1-0@scale.example")
    assert main(["1", "1", "1"]) == 1
    assert "customer-1-0@scale.example" in capsys.readouterr().err
    assert not Product.objects.exists()
