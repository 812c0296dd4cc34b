"""What leaves the house was promised from it, and leaves once."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.inventory.errors import UnknownWarehouse
from apps.inventory.models import Movement, MovementReason, Reservation
from apps.inventory.services import count_stock, release_stock, ship_stock, ship_unpromised
from tests.factories.inventory import keep, level_of, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("explained")]


class TestShipStock:
    def test_takes_the_units_out_of_the_house_once(self) -> None:
        sku = keep({"main": 5})
        order = promise({sku: 3})
        parcel = {"reference": order, "warehouse": "main", "quantities": {sku: 2}, "key": "P1"}

        assert [ship_stock(**parcel), ship_stock(**parcel)] == [True, False]

        assert level_of(sku) == (3, 1, 0)
        assert Reservation.objects.get().shipped == 2
        movement = Movement.objects.get(reason=MovementReason.SHIPPED)
        assert (movement.quantity, movement.reference) == (-2, "P1")

    def test_takes_one_parcel_after_the_other(self) -> None:
        sku = keep({"london": 2, "reno": 3})
        order = promise({sku: 5})

        for house, units, key in (("reno", 1, "P1"), ("reno", 2, "P2"), ("london", 2, "P3")):
            assert ship_stock(reference=order, warehouse=house, quantities={sku: units}, key=key)

        assert (level_of(sku, "london"), level_of(sku, "reno")) == ((0, 0, 0), (0, 0, 0))

    def test_asks_as_often_for_many_lines_as_for_one(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        one = {keep({"main": 5}): 1}
        many = {keep({"main": 5}): 2 for _ in range(5)}

        for number, units in enumerate((one, many)):
            order = promise(units)
            with django_assert_num_queries(4 + 2):
                ship_stock(reference=order, warehouse="main", quantities=units, key=f"P{number}")

    def test_keeps_the_promise_of_what_a_count_missed_while_it_was_packed(self) -> None:
        sku = keep({"main": 3})
        order = promise({sku: 3})
        count_stock(warehouse="main", counts={sku: 0}, actor_id=None)
        assert level_of(sku) == (0, 0, 3)

        ship_stock(reference=order, warehouse="main", quantities={sku: 3}, key="P1")

        assert level_of(sku) == (0, 0, 0)
        reservation = Reservation.objects.get()
        assert (reservation.quantity, reservation.shipped, reservation.backordered) == (3, 3, 0)

    def test_takes_what_is_promised_no_more_off_the_shelf_once(self) -> None:
        sku = keep({"main": 5})
        order = promise({sku: 2})
        release_stock(reference=order)

        for _ in range(2):
            ship_stock(reference=order, warehouse="main", quantities={sku: 2}, key="P1")

        assert level_of(sku) == (3, 0, 0)

    def test_of_no_units_books_nothing(self) -> None:
        sku = keep({"main": 5})
        order = promise({sku: 2})

        assert not ship_stock(reference=order, warehouse="main", quantities={sku: 0}, key="P1")

        assert level_of(sku) == (5, 2, 0)

    def test_refuses_a_house_it_does_not_know(self) -> None:
        with pytest.raises(UnknownWarehouse):
            ship_stock(reference=promise({}), warehouse="nowhere", quantities={"A": 1}, key="P")


class TestShipUnpromised:
    def test_takes_the_units_off_the_shelf_once(self) -> None:
        sku = keep({"main": 5})

        for _ in range(2):
            ship_unpromised(warehouse="main", quantities={sku: 2}, key="P1")

        assert level_of(sku) == (3, 0, 0)

    def test_takes_one_parcel_after_the_other(self) -> None:
        sku = keep({"main": 5})

        for key in ("P1", "P2"):
            ship_unpromised(warehouse="main", quantities={sku: 2}, key=key)

        assert level_of(sku) == (1, 0, 0)

    def test_lets_the_youngest_wait_for_what_was_promised_to_others(self) -> None:
        sku = keep({"main": 3})
        first, second = promise({sku: 1}), promise({sku: 2})

        ship_unpromised(warehouse="main", quantities={sku: 2}, key="P1")

        assert level_of(sku) == (1, 1, 2)
        waiting = Reservation.objects.filter(backordered__gt=0)
        assert waiting.get().reference == second
        assert Reservation.objects.get(reference=first).backordered == 0

    def test_says_what_nobody_had(self, caplog: pytest.LogCaptureFixture) -> None:
        sku = keep({"main": 1})

        ship_unpromised(warehouse="main", quantities={sku: 2}, key="P1")

        assert level_of(sku) == (0, 0, 0)
        assert caplog.messages == [f"P1:unpromised left main with 2 × {sku}, of which it had 1"]
