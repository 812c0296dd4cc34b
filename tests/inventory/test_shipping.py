"""What leaves the house was promised from it, and leaves once."""

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from apps.inventory.errors import NotReserved, UnknownWarehouse
from apps.inventory.models import Movement, MovementReason, Reservation
from apps.inventory.services import release_stock, ship_stock
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

    def test_refuses_what_is_not_promised_from_there_and_changes_nothing(self) -> None:
        fine, other = keep({"main": 5}), keep({"main": 1, "reno": 0}, backorder_limit=2)
        order = promise({fine: 2, other: 3})

        for house, quantities, short in (
            ("main", {fine: 1, other: 2}, [other]),
            ("main", {fine: 3, other: 1}, [fine]),
            ("reno", {fine: 1, other: 1}, sorted([fine, other])),
        ):
            with pytest.raises(NotReserved) as refusal, transaction.atomic():
                ship_stock(reference=order, warehouse=house, quantities=quantities, key="P")
            assert refusal.value.details == {"skus": short}

        assert (level_of(fine), level_of(other)) == ((5, 2, 0), (1, 1, 2))
        assert not Movement.objects.filter(reason=MovementReason.SHIPPED).exists()

    def test_refuses_what_was_released(self) -> None:
        sku = keep({"main": 5})
        order = promise({sku: 2})
        release_stock(reference=order)

        with pytest.raises(NotReserved):
            ship_stock(reference=order, warehouse="main", quantities={sku: 2}, key="P")

    def test_refuses_a_house_it_does_not_know(self) -> None:
        with pytest.raises(UnknownWarehouse):
            ship_stock(reference=promise({}), warehouse="nowhere", quantities={"A": 1}, key="P")
