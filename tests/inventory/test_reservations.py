"""Stock is promised to as many as there is, and not to one more."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
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
    reservations,
    reserve_stock,
)
from apps.inventory.types import Shelf
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
    monkeypatch.setattr(
        reservations, "_LOOK", reservations._LOOK.replace("FOR UPDATE OF level", "")
    )
    look = reservations._look

    def dawdle(quantities: dict[str, int]) -> list[Shelf]:
        shelves = look(quantities)
        time.sleep(0.05)
        return shelves

    monkeypatch.setattr(reservations, "_look", dawdle)
    head, _, rest = reservations._TAKE.partition("        AND level.on_hand")
    _, _, tail = rest.partition("        ))\n")
    monkeypatch.setattr(reservations, "_TAKE", head + tail)
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
        monkeypatch.setattr(
            reservations, "_LOOK", reservations._LOOK.replace("FOR UPDATE OF level", "")
        )
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


def cross_baskets() -> list[str]:
    """Two orders want the same three SKUs, each in its own order; returns the errors that surfaced.

    A third transaction holds the middle one until both wait.
    """
    first, middle, last = sorted(keep({"main": 5}) for _ in range(3))
    baskets = [dict.fromkeys(skus, 1) for skus in ((first, middle, last), (last, middle, first))]

    def buy(basket: dict[str, int]) -> str:
        try:
            with transaction.atomic():
                promise(basket)
        except OperationalError as error:
            return str(error.__cause__.pgcode)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as buyers:
        with transaction.atomic():
            StockLevel.objects.select_for_update().get(variant=middle)
            bought = [buyers.submit(buy, basket) for basket in baskets]
            _wait_for_waiters(2)
        return sorted(one.result() for one in bought)


def _wait_for_waiters(number: int) -> None:
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone() == (number,):
                return
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)")
    pytest.fail("nobody waits")


@pytest.mark.django_db(transaction=True)
class TestTwoBaskets:
    def test_in_opposite_order_do_not_block_each_other(self) -> None:
        assert cross_baskets() == ["", ""]
        assert Reservation.objects.count() == 6

    def test_would_if_each_were_locked_in_its_own_order(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: the same two, with the lock order switched off."""
        disorderly = reservations._LOOK.replace(
            "ORDER BY level.sku", "ORDER BY array_position(%s::text[], level.sku::text)"
        )
        monkeypatch.setattr(reservations, "_LOOK", disorderly)
        monkeypatch.setattr(reservations, "_look", _look_in_own_order)

        assert cross_baskets() == ["", "40P01"]
        assert Reservation.objects.count() == 3


def _look_in_own_order(quantities: dict[str, int]) -> list[Shelf]:
    with connection.cursor() as cursor:
        cursor.execute(reservations._LOOK, [list(quantities), list(quantities)])
        return [
            Shelf(**dict(zip(Shelf.__struct_fields__, row, strict=True)))
            for row in cursor.fetchall()
        ]
