"""Whatever happens to stock, in whatever order, every figure is explained and nothing is oversold."""

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.inventory import services
from apps.inventory.models import MovementReason, Reservation, StockLevel
from apps.inventory.selectors import allocations_of
from tests.factories.inventory import broken_levels, keep
from tests.properties import examples

pytestmark = pytest.mark.django_db
HOUSES, LIMIT = ("london", "reno"), 4
small, house, pick = st.integers(0, 3), st.sampled_from(HOUSES), st.integers(0, 9)
step = st.one_of(
    st.tuples(st.just("reserve"), st.tuples(small, small)),
    st.tuples(st.just("release"), pick),
    st.tuples(st.just("release_parcel"), pick, house, small, st.booleans()),
    st.tuples(st.just("ship"), pick, house, small),
    st.tuples(st.just("receive"), house, small),
    st.tuples(st.just("count"), house, small),
    st.tuples(st.just("write_off"), house, small),
    st.tuples(st.just("take_back"), house, pick),
)


def as_of_the_test() -> transaction.Atomic:
    """A savepoint that counts as the test case's own, inside which an outermost service may run."""
    atomic = transaction.atomic()
    atomic._from_testcase = True
    return atomic


class History:
    """One shop with two SKUs in two houses, the second of which may be back-ordered."""

    def __init__(self) -> None:
        self.skus = [keep({"london": 3, "reno": 2}), keep({"london": 1}, backorder_limit=LIMIT)]
        self.orders: list[UUID] = []
        self.steps = 0

    def do(self, what: str, *details: Any) -> None:
        self.steps += 1
        try:
            with as_of_the_test():
                getattr(self, what)(*details)
        except DomainError:
            return

    def reserve(self, units: tuple[int, int]) -> None:
        reference = UUID(int=self.steps)
        wanted = {sku: count for sku, count in zip(self.skus, units, strict=True) if count}
        services.reserve_stock(reference=reference, quantities=wanted, expires_at=None)
        self.orders.append(reference)
        assert sum(one.quantity for one in allocations_of(reference)) == sum(units)

    def release(self, number: int) -> None:
        if self.orders:
            services.release_stock(reference=self._order(number))

    def release_parcel(self, number: int, code: str, units: int, packed: bool) -> None:
        if self.orders:
            services.release_parcel(
                reference=self._order(number),
                warehouse=code,
                quantities=dict.fromkeys(self.skus, units),
                is_packed=packed,
            )

    def ship(self, number: int, code: str, units: int) -> None:
        if self.orders:
            services.ship_stock(
                reference=self._order(number),
                warehouse=code,
                quantities={self.skus[number % 2]: units},
                key=f"P{self.steps}",
            )

    def receive(self, code: str, units: int) -> None:
        services.move_stock(
            sku=self.skus[1], quantity=units, reason=MovementReason.RECEIVED, warehouse=code
        )

    def count(self, code: str, units: int) -> None:
        services.count_stock(warehouse=code, counts=dict.fromkeys(self.skus, units), actor_id=None)

    def write_off(self, code: str, units: int) -> None:
        services.write_off_stock(
            warehouse=code, sku=self.skus[0], quantity=units, actor_id=None, note="broken"
        )

    def take_back(self, code: str, number: int) -> None:
        services.take_back(
            quantities={self.skus[number % 2]: 1}, warehouse=code, reference=f"R{number}"
        )

    def _order(self, number: int) -> UUID:
        return self.orders[number % len(self.orders)]

    def check(self) -> None:
        """Explained, and nobody waits for a unit that lies free in the house that owes it."""
        assert broken_levels() == []
        for level in StockLevel.objects.filter(backordered__gt=0):
            assert level.on_hand == level.reserved


class TestAnyHistory:
    @settings(max_examples=examples(40))
    @given(st.lists(step, min_size=8, max_size=24))
    def test_is_explained_by_its_movements_and_promises(self, steps: list[tuple]) -> None:
        with as_of_the_test():
            history = History()
            for one in steps:
                history.do(*one)
                history.check()
            assert services.recount().differences == 0
            transaction.set_rollback(True)

    def test_promises_no_more_on_back_order_than_the_limit(self) -> None:
        history = History()
        for _ in range(9):
            history.do("reserve", (0, 1))

        owed = Reservation.objects.aggregate(owed=Sum("backordered"))["owed"]
        assert owed == LIMIT
