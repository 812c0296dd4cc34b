"""What people find on the shelves is how it is, and what was promised of it waits."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.events.models import OutboxMessage
from apps.inventory.errors import InsufficientStock, UnknownWarehouse
from apps.inventory.models import Movement, MovementReason, Reservation
from apps.inventory.services import count_stock, write_off_stock
from apps.inventory.types import LevelResult
from tests.factories.accounts import UserFactory
from tests.factories.catalog import VariantFactory
from tests.factories.inventory import keep, level_of, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("explained")]


def count(counts: dict[str, int], **fields: Any) -> list[LevelResult]:
    return count_stock(**{"warehouse": "main", "counts": counts, "actor_id": None, **fields})


class TestCountStock:
    def test_sets_what_was_found_and_remembers_who_and_why(self) -> None:
        more, fewer, same = keep({"main": 5}), keep({"main": 5}), keep({"main": 5})
        clerk = UserFactory.create()

        results = count({more: 9, fewer: 0, same: 5}, actor_id=clerk.pk, note="June")

        assert [(one.sku, one.status, one.on_hand) for one in results] == [
            (more, "changed", 9),
            (fewer, "changed", 0),
            (same, "unchanged", 5),
        ]
        booked = Movement.objects.filter(reason=MovementReason.COUNTED).order_by("sku")
        assert [(one.sku, one.quantity) for one in booked] == [(more, 4), (fewer, -5)]
        assert {(one.actor_id, one.note) for one in booked} == {(clerk.pk, "June")}

    def test_lets_the_youngest_promises_wait_for_what_is_missing(self) -> None:
        sku = keep({"main": 6})
        orders = [promise({sku: 2}) for _ in range(3)]

        (result,) = count({sku: 3})

        assert result == LevelResult(sku=sku, status="changed", on_hand=3, waiting=3)
        waiting = dict(Reservation.objects.values_list("reference", "backordered"))
        assert [waiting[order] for order in orders] == [0, 1, 2]
        assert level_of(sku) == (3, 3, 3)

    def test_serves_those_who_wait_with_what_is_found(self) -> None:
        sku = keep({"main": 0}, backorder_limit=3)
        promise({sku: 3})

        count({sku: 5})

        assert level_of(sku) == (5, 3, 0)

    def test_opens_a_level_for_what_was_kept_elsewhere(self) -> None:
        sku = VariantFactory.create().sku
        keep({"main": 1})

        count({sku: 2})

        assert level_of(sku) == (2, 0, 0)

    def test_names_what_it_cannot_count_and_counts_the_rest(self) -> None:
        fine, other = keep({"main": 5}), keep({"main": 5})

        results = count({"NOPE": 1, fine: 2, other: -1})

        assert {one.sku: (one.status, one.code) for one in results} == {
            fine: ("changed", ""),
            other: ("rejected", "not_a_count"),
            "NOPE": ("rejected", "unknown_stock"),
        }
        assert level_of(fine) == (2, 0, 0)

    def test_says_that_few_units_are_left(self) -> None:
        sku, plenty = keep({"main": 9}, low_stock_at=5), keep({"main": 9}, low_stock_at=1)

        count({sku: 3, plenty: 3})

        assert OutboxMessage.objects.get().payload == {"sku": sku, "free": 3, "threshold": 5}

    def test_asks_as_often_for_many_as_for_one(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for skus in ([keep({"main": 5})], [keep({"main": 5}) for _ in range(9)]):
            # House, levels, movements, change, policies; and a savepoint.
            with django_assert_num_queries(5 + 2):
                count(dict.fromkeys(skus, 3))

    def test_refuses_a_house_it_does_not_know(self) -> None:
        with pytest.raises(UnknownWarehouse):
            count({}, warehouse="nowhere")


class TestWriteOffStock:
    def test_takes_broken_units_out(self) -> None:
        sku = keep({"main": 5})
        promise({sku: 4})

        result = write_off_stock(
            warehouse="main", sku=sku, quantity=2, actor_id=None, note="a pallet fell"
        )

        assert (result.on_hand, result.waiting) == (3, 1)
        assert level_of(sku) == (3, 3, 1)
        movement = Movement.objects.get(reason=MovementReason.WRITTEN_OFF)
        assert (movement.quantity, movement.note) == (-2, "a pallet fell")

    @pytest.mark.parametrize("quantity", [6, 0, -1])
    def test_refuses_more_than_there_are(self, quantity: int) -> None:
        sku = keep({"main": 5})

        with pytest.raises(InsufficientStock):
            write_off_stock(warehouse="main", sku=sku, quantity=quantity, actor_id=None, note="x")

        assert level_of(sku) == (5, 0, 0)
