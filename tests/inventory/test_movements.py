"""Units come and go, and each time somebody says why."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.events.models import OutboxMessage
from apps.inventory.errors import InsufficientStock, UnknownStock, UnknownWarehouse
from apps.inventory.models import Movement, MovementReason, Reservation, StockLevel, Warehouse
from apps.inventory.services import move_stock, set_opening_stock, take_back
from tests.factories.catalog import VariantFactory
from tests.factories.inventory import WarehouseFactory, keep, level_of, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("explained")]


def announced(kind: str) -> list[dict]:
    messages = OutboxMessage.objects.filter(type=f"inventory.{kind}.v1").order_by("id")
    return list(messages.values_list("payload", flat=True))


class TestSetOpeningStock:
    def test_opens_a_level_once(self) -> None:
        sku = VariantFactory.create().sku

        for quantity in (5, 9):
            set_opening_stock(quantities={sku: quantity}, reference="imported")

        assert level_of(sku) == (5, 0, 0)
        movement = Movement.objects.get()
        assert (movement.quantity, movement.reason) == (5, MovementReason.OPENING)

    def test_opens_the_main_warehouse_where_there_is_none(self) -> None:
        Warehouse.objects.all().delete()

        set_opening_stock(quantities={VariantFactory.create().sku: 1}, reference="test")

        assert Warehouse.objects.get().code == "main"

    def test_uses_the_first_active_house(self) -> None:
        Warehouse.objects.update(is_active=False)
        WarehouseFactory.create(code="second", priority=2)
        WarehouseFactory.create(code="first", priority=1)
        sku = VariantFactory.create().sku

        set_opening_stock(quantities={sku: 5}, reference="test")

        assert level_of(sku, "first") == (5, 0, 0)

    def test_refuses_a_house_it_does_not_know(self) -> None:
        with pytest.raises(UnknownWarehouse):
            set_opening_stock(quantities={}, reference="test", warehouse="nowhere")


class TestMoveStock:
    def test_books_a_reference_once(self) -> None:
        sku = keep({"main": 5})

        for expected in (True, False):
            booked = move_stock(sku=sku, quantity=3, reason=MovementReason.RETURNED, reference="R1")
            assert booked is expected

        assert level_of(sku) == (8, 0, 0)

    def test_books_a_reference_once_for_each_item_and_reason(self) -> None:
        sku, other = keep({"main": 5}), keep({"main": 5})

        for item, reason in (
            (sku, MovementReason.RETURNED),
            (other, MovementReason.RETURNED),
            (sku, MovementReason.RECEIVED),
        ):
            assert move_stock(sku=item, quantity=3, reason=reason, reference="R1")

        assert (level_of(sku), level_of(other)) == ((11, 0, 0), (8, 0, 0))

    def test_opens_levels_for_what_comes_and_for_nothing_else(self) -> None:
        keep({"main": 1})
        WarehouseFactory.create(code="second")
        sku = VariantFactory.create().sku

        move_stock(sku=sku, quantity=3, reason=MovementReason.RECEIVED, warehouse="second")

        levels = StockLevel.objects.filter(warehouse__code="second")
        assert [level.variant_id for level in levels] == [sku]

    def test_refuses_to_take_promised_units(self) -> None:
        sku = keep({"main": 5})
        promise({sku: 4})

        with pytest.raises(InsufficientStock):
            move_stock(sku=sku, quantity=-2, reason=MovementReason.WRITTEN_OFF)

        assert level_of(sku) == (5, 4, 0)

    def test_opens_a_level_for_what_comes_to_a_house_first(self) -> None:
        sku = keep({"main": 5})
        WarehouseFactory.create(code="reno")

        move_stock(sku=sku, quantity=3, reason=MovementReason.RECEIVED, warehouse="reno")

        assert level_of(sku, "reno") == (3, 0, 0)

    @pytest.mark.parametrize("quantity", [1, -1])
    def test_refuses_what_is_not_sold(self, quantity: int) -> None:
        with pytest.raises(UnknownStock):
            move_stock(sku="NOPE", quantity=quantity, reason=MovementReason.RECEIVED)

        assert not StockLevel.objects.exists()

    def test_serves_those_who_wait_the_oldest_first(self) -> None:
        sku = keep({"main": 0}, backorder_limit=9)
        orders = [promise({sku: quantity}) for quantity in (2, 3, 1)]

        move_stock(sku=sku, quantity=4, reason=MovementReason.RECEIVED)

        waiting = dict(Reservation.objects.values_list("reference", "backordered"))
        assert [waiting[order] for order in orders] == [0, 1, 1]
        assert level_of(sku) == (4, 4, 2)
        assert announced("backorder.filled") == [
            {
                "reference": str(orders[0]),
                "warehouse": "main",
                "lines": [{"sku": sku, "quantity": 2}],
            }
        ]

    def test_says_that_an_order_is_complete_when_its_last_line_is(self) -> None:
        first, second = (keep({"main": 1}, backorder_limit=9) for _ in range(2))
        order = promise({first: 2, second: 3})

        move_stock(sku=second, quantity=2, reason=MovementReason.RECEIVED)
        assert announced("backorder.filled") == []
        move_stock(sku=first, quantity=8, reason=MovementReason.RECEIVED)

        assert announced("backorder.filled") == [
            {
                "reference": str(order),
                "warehouse": "main",
                "lines": [{"sku": first, "quantity": 2}, {"sku": second, "quantity": 3}],
            }
        ]

    def test_says_once_that_few_units_are_left_in_all_houses(self) -> None:
        sku = keep({"main": 5, "reno": 5}, low_stock_at=4)

        for house in ("main", "reno", "reno"):
            move_stock(sku=sku, quantity=-2, reason=MovementReason.WRITTEN_OFF, warehouse=house)

        assert announced("stock.low") == [{"sku": sku, "free": 4, "threshold": 4}]


class TestTakeBack:
    def test_puts_the_unit_back_once(self) -> None:
        sku = keep({"main": 5})

        for _ in range(2):
            take_back(quantities={sku: 1}, reference="R1")

        assert level_of(sku) == (6, 0, 0)
        assert Movement.objects.get(reference="R1").reason == MovementReason.RETURNED

    def test_puts_it_back_once_whichever_house_goes_first_by_then(self) -> None:
        sku = keep({"main": 5})
        take_back(quantities={sku: 1}, reference="R1")
        Warehouse.objects.update(priority=9)
        WarehouseFactory.create(code="reno", priority=1)

        take_back(quantities={sku: 1}, reference="R1")

        assert Movement.objects.filter(reference="R1").count() == 1

    def test_asks_as_often_for_many_items_as_for_one(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        one, many = [keep({"main": 5})], [keep({"main": 5}) for _ in range(4)]

        for number, skus in enumerate((one, many)):
            with django_assert_num_queries(5 + 2):
                take_back(quantities=dict.fromkeys(skus, 1), reference=f"R{number}")

    def test_refuses_what_is_not_sold(self) -> None:
        with pytest.raises(UnknownStock):
            take_back(quantities={keep({"main": 5}): 1, "NOPE": 1}, reference="R1")
