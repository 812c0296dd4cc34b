"""Stock is promised to as many as there is, and not to one more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import new_id
from apps.events.models import OutboxMessage
from apps.inventory.errors import InsufficientStock
from apps.inventory.models import Reservation, StockLevel, Warehouse
from apps.inventory.services import (
    keep_reservation,
    quantities_of,
    release_stock,
    reserve_stock,
    reserving,
)
from tests.factories.inventory import WarehouseFactory, keep, level_of, promise

BUYERS, UNITS = 40, 10
pytestmark = pytest.mark.usefixtures("explained")


def race(sku: str) -> int:
    """Forty buyers on eight connections ask for one unit each; returns how many got one."""

    def buy(_: int) -> bool:
        try:
            with transaction.atomic():
                reserve_stock(reference=new_id(), quantities={sku: 1}, expires_at=None)
        except InsufficientStock:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as buyers:
        return sum(buyers.map(buy, range(BUYERS)))


@contextmanager
def nothing_guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No lock, no guard, no constraint: what is left is a read and a write that trusts it."""
    monkeypatch.setattr(reserving, "_LOOK", reserving._LOOK.replace("FOR UPDATE OF level", ""))
    head, _, rest = reserving._TAKE.partition("        AND level.on_hand")
    _, _, tail = rest.partition("        ))\n")
    monkeypatch.setattr(reserving, "_TAKE", head + tail)
    drop_and_add = (
        "ALTER TABLE inventory_stocklevel DROP CONSTRAINT inventory_reserved_is_on_hand",
        "ALTER TABLE inventory_stocklevel ADD CONSTRAINT inventory_reserved_is_on_hand"
        " CHECK (reserved <= on_hand)",
    )
    with connection.cursor() as cursor:
        cursor.execute(drop_and_add[0])
    try:
        yield
    finally:
        Reservation.objects.all().delete()
        StockLevel.objects.update(reserved=0, backordered=0)
        with connection.cursor() as cursor:
            cursor.execute(drop_and_add[1])


@pytest.mark.django_db(transaction=True)
class TestTheLastUnits:
    def test_are_sold_exactly_once(self) -> None:
        sku = keep({"main": UNITS})

        assert race(sku) == UNITS
        assert level_of(sku) == (UNITS, UNITS, 0)
        assert Reservation.objects.count() == UNITS

    def test_of_two_houses_are_sold_exactly_once(self) -> None:
        sku = keep({"london": UNITS - 4, "reno": 4})

        assert race(sku) == UNITS
        assert (level_of(sku, "london"), level_of(sku, "reno")) == ((6, 6, 0), (4, 4, 0))

    def test_and_the_allowed_back_orders_are_promised_exactly_once(self) -> None:
        sku = keep({"london": 2, "reno": 3}, backorder_limit=UNITS - 5)

        assert race(sku) == UNITS
        levels = [level_of(sku, "london"), level_of(sku, "reno")]
        assert [level[:2] for level in levels] == [(2, 2), (3, 3)]
        assert sum(level[2] for level in levels) == UNITS - 5

    def test_need_the_guard_only_when_the_lock_is_gone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reserving, "_LOOK", reserving._LOOK.replace("FOR UPDATE OF level", ""))
        sku = keep({"main": UNITS})

        assert race(sku) == UNITS
        assert level_of(sku) == (UNITS, UNITS, 0)

    @pytest.mark.parametrize(
        ("units", "limit"),
        [({"main": UNITS}, None), ({"london": 6, "reno": 4}, None), ({"main": 0}, UNITS)],
    )
    def test_are_oversold_without_any_guard(
        self, units: dict[str, int], limit: int | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: the same race, with lock, guards and constraint switched off."""
        sku = keep(units, backorder_limit=limit)

        with nothing_guarded(monkeypatch):
            assert race(sku) > UNITS


@pytest.mark.django_db
class TestReserveStock:
    def test_is_all_or_nothing(self) -> None:
        first, second, third = keep({"main": 5}), keep({"main": 1}), keep({"main": 0})

        with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
            promise({first: 1, second: 2, third: 1})

        assert refusal.value.details == {"skus": sorted([second, third])}
        assert level_of(first) == (5, 0, 0)
        assert not Reservation.objects.exists()

    def test_refuses_a_sku_it_does_not_know(self) -> None:
        with pytest.raises(InsufficientStock):
            promise({"NOPE": 1})

    def test_asks_twice_however_many_lines_and_houses(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        skus = [keep({"london": 3, "reno": 3}, low_stock_at=1) for _ in range(5)]

        with django_assert_num_queries(2):
            promise(dict.fromkeys(skus, 4))

        assert Reservation.objects.count() == 10

    def test_refuses_after_one_question(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        sku = keep({"main": 0})

        with django_assert_num_queries(1), pytest.raises(InsufficientStock):
            promise({sku: 1})

    def test_prefers_the_house_in_the_country_of_the_order(self) -> None:
        WarehouseFactory.create(code="london", country="GB", priority=1)
        WarehouseFactory.create(code="reno", country="US", priority=2)
        sku = keep({"london": 5, "reno": 5})

        promise({sku: 1}, country="US")
        promise({sku: 1}, country="JP")

        assert (level_of(sku, "london"), level_of(sku, "reno")) == ((5, 1, 0), (5, 1, 0))

    def test_takes_nothing_from_a_closed_house(self) -> None:
        sku = keep({"london": 5, "reno": 1})
        Warehouse.objects.filter(code="london").update(is_active=False)

        with pytest.raises(InsufficientStock):
            promise({sku: 2})

    def test_back_orders_what_no_house_has_within_the_limit(self) -> None:
        sku = keep({"main": 1}, backorder_limit=3)

        order = promise({sku: 3})

        assert level_of(sku) == (1, 1, 2)
        reservation = Reservation.objects.get(reference=order)
        assert (reservation.quantity, reservation.backordered) == (3, 2)
        with pytest.raises(InsufficientStock):
            promise({sku: 2})
        assert level_of(sku) == (1, 1, 2)

    def test_promises_to_an_order_again_after_a_release(self) -> None:
        sku = keep({"main": 2})
        order = promise({sku: 1})
        release_stock(reference=order)

        reserve_stock(reference=order, quantities={sku: 2}, expires_at=None)

        assert level_of(sku) == (2, 2, 0)
        assert Reservation.objects.filter(reference=order).count() == 2

    def test_promises_the_same_to_an_order_once(self) -> None:
        sku = keep({"main": 2})
        order = promise({sku: 1})

        with pytest.raises(IntegrityError), transaction.atomic():
            reserve_stock(reference=order, quantities={sku: 1}, expires_at=None)

        assert level_of(sku) == (2, 1, 0)

    def test_says_once_that_few_units_are_left_in_all_houses(self) -> None:
        sku = keep({"london": 3, "reno": 3}, low_stock_at=4)

        for quantity in (1, 1, 1):
            promise({sku: quantity})

        message = OutboxMessage.objects.get()
        assert message.type == "inventory.stock.low.v1"
        assert message.payload == {"sku": sku, "free": 4, "threshold": 4}


@pytest.mark.django_db
class TestKeepReservation:
    def test_lets_the_promise_stand(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        order = promise({keep({"main": 2}): 1}, expires_at=timezone.now())

        with django_assert_num_queries(1):
            kept = keep_reservation(reference=order)

        assert kept is True
        assert Reservation.objects.get().expires_at is None

    def test_has_nothing_to_lose_where_nothing_was_reserved(self) -> None:
        assert keep_reservation(reference=new_id()) is True

    def test_says_that_units_were_released_meanwhile(self) -> None:
        order = promise({keep({"main": 2}): 1}, expires_at=timezone.now() + timedelta(hours=1))
        release_stock(reference=order)

        assert keep_reservation(reference=order) is False


@pytest.mark.django_db
class TestQuantitiesOf:
    def test_add_up_by_sku(self) -> None:
        assert quantities_of([("A", 1), ("B", 2), ("A", 3)]) == {"A": 4, "B": 2}
