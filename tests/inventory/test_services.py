"""Stock is promised to as many as there is, and not to one more."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from apps.core.models import new_id
from apps.inventory import services
from apps.inventory.errors import InsufficientStock
from apps.inventory.models import Movement, MovementReason, Reservation, StockLevel
from tests.factories.shop import stock_variant

BUYERS, UNITS = 40, 10


def race(sku: str) -> int:
    """Forty buyers on eight connections ask for one unit each; returns how many got one."""

    def buy(_: int) -> bool:
        try:
            with transaction.atomic():
                services.reserve_stock(reference=new_id(), quantities={sku: 1}, expires_at=None)
        except InsufficientStock:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as buyers:
        return sum(buyers.map(buy, range(BUYERS)))


@pytest.mark.django_db(transaction=True)
class TestTheLastUnits:
    def test_are_sold_exactly_once(self) -> None:
        variant = stock_variant(on_hand=UNITS)

        assert race(variant.sku) == UNITS
        level = StockLevel.objects.get(variant=variant.sku)
        assert (level.on_hand, level.reserved) == (UNITS, UNITS)
        assert Reservation.objects.count() == UNITS

    def test_are_oversold_without_the_guard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: the same race, with the guard and the constraint switched off."""
        variant = stock_variant(on_hand=UNITS)
        unguarded = services._TAKE.replace(
            "AND level.on_hand - level.reserved >= locked.quantity", ""
        )
        monkeypatch.setattr(services, "_TAKE", unguarded)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE inventory_stocklevel DROP CONSTRAINT inventory_reserved_is_on_hand"
            )
        try:
            assert race(variant.sku) > UNITS
        finally:
            StockLevel.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "ALTER TABLE inventory_stocklevel ADD CONSTRAINT inventory_reserved_is_on_hand"
                    " CHECK (reserved <= on_hand)"
                )


@pytest.mark.django_db
class TestReserveStock:
    def test_is_all_or_nothing(self) -> None:
        first, second = stock_variant(on_hand=5), stock_variant(on_hand=1)

        with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
            services.reserve_stock(
                reference=new_id(), quantities={first.sku: 1, second.sku: 2}, expires_at=None
            )

        assert refusal.value.details == {"skus": [second.sku]}
        assert StockLevel.objects.get(variant=first.sku).reserved == 0

    def test_refuses_a_sku_it_does_not_know(self) -> None:
        with pytest.raises(InsufficientStock):
            services.reserve_stock(reference=new_id(), quantities={"NOPE": 1}, expires_at=None)


@pytest.mark.django_db
class TestReleaseStock:
    def test_gives_back_once(self) -> None:
        variant, order = stock_variant(on_hand=5), new_id()
        services.reserve_stock(reference=order, quantities={variant.sku: 2}, expires_at=None)

        services.release_stock(reference=order)
        services.release_stock(reference=order)

        assert StockLevel.objects.get(variant=variant.sku).reserved == 0


@pytest.mark.django_db
class TestMoveStock:
    def test_books_a_reference_once(self) -> None:
        variant = stock_variant(on_hand=5)
        for expected in (True, False):
            booked = services.move_stock(
                sku=variant.sku, quantity=3, reason=MovementReason.RETURNED, reference="R1"
            )
            assert booked is expected

        assert StockLevel.objects.get(variant=variant.sku).on_hand == 8
        assert sum(Movement.objects.values_list("quantity", flat=True)) == 8

    def test_refuses_to_take_promised_units(self) -> None:
        variant = stock_variant(on_hand=5)
        services.reserve_stock(reference=new_id(), quantities={variant.sku: 4}, expires_at=None)

        with pytest.raises(InsufficientStock):
            services.move_stock(sku=variant.sku, quantity=-2, reason=MovementReason.WRITTEN_OFF)
