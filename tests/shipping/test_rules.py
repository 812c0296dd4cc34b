"""What fulfilment's word changes, in whatever order it arrives; and how goods are packed."""

from itertools import permutations
from uuid import UUID

import pytest

from apps.shipping.rules import (
    ShipmentStatus,
    Verdict,
    judge,
    plan_parcels,
    shipment_id_of,
    split_units,
)
from apps.shipping.types import LineToShip, Parcel, Portion

S = ShipmentStatus


def end_of(told: tuple[ShipmentStatus, ...]) -> ShipmentStatus:
    """Where a requested shipment ends that hears these words in this order."""
    status = S.REQUESTED
    for word in told:
        if judge(current=status, told=word) == Verdict.APPLIED:
            status = word
    return status


class TestJudge:
    def test_moves_a_shipment_forward(self) -> None:
        way = (S.ACCEPTED, S.PICKED, S.SHIPPED, S.DELIVERED)

        assert [
            judge(current=a, told=b) for a, b in zip((S.REQUESTED, *way), way, strict=False)
        ] == [Verdict.APPLIED] * 4

    @pytest.mark.parametrize(
        "told", list(permutations((S.ACCEPTED, S.PICKED, S.SHIPPED, S.DELIVERED)))
    )
    def test_ends_the_same_in_every_order(self, told: tuple[ShipmentStatus, ...]) -> None:
        assert end_of(told) == S.DELIVERED

    @pytest.mark.parametrize(
        ("current", "told", "verdict"),
        [
            (S.SHIPPED, S.PICKED, Verdict.IGNORED),
            (S.SHIPPED, S.SHIPPED, Verdict.IGNORED),
            (S.SHIPPED, S.FAILED, Verdict.APPLIED),
            (S.DELIVERED, S.FAILED, Verdict.IGNORED),
            (S.FAILED, S.FAILED, Verdict.IGNORED),
            (S.FAILED, S.PICKED, Verdict.IGNORED),
            (S.FAILED, S.DELIVERED, Verdict.LATE),
            (S.OVERDUE, S.SHIPPED, Verdict.LATE),
            (S.WITHDRAWN, S.SHIPPED, Verdict.CONFLICT),
            (S.WITHDRAWN, S.PICKED, Verdict.IGNORED),
            (S.WITHDRAWN, S.FAILED, Verdict.IGNORED),
        ],
    )
    def test_knows_what_comes_too_late(
        self, current: ShipmentStatus, told: ShipmentStatus, verdict: Verdict
    ) -> None:
        assert judge(current=current, told=told) == verdict


def line(line_id: int, sku: str, quantity: int) -> LineToShip:
    return LineToShip(line_id=line_id, sku=sku, quantity=quantity)


def portion(warehouse: str, sku: str, quantity: int, backordered: int = 0) -> Portion:
    return Portion(warehouse=warehouse, sku=sku, quantity=quantity, backordered=backordered)


class TestPlanParcels:
    def test_packs_one_parcel_per_warehouse(self) -> None:
        parcels = plan_parcels(
            lines=[line(1, "A", 2), line(2, "B", 1)],
            portions=[portion("london", "A", 2), portion("reno", "B", 1)],
        )

        assert parcels == [
            Parcel(warehouse="london", waits=False, units={1: 2}),
            Parcel(warehouse="reno", waits=False, units={2: 1}),
        ]

    def test_keeps_what_waits_for_goods_apart(self) -> None:
        parcels = plan_parcels(
            lines=[line(1, "A", 5)], portions=[portion("london", "A", 5, backordered=2)]
        )

        assert parcels == [
            Parcel(warehouse="london", waits=False, units={1: 3}),
            Parcel(warehouse="london", waits=True, units={1: 2}),
        ]

    def test_divides_a_sku_among_the_lines_that_ask_for_it(self) -> None:
        parcels = plan_parcels(
            lines=[line(1, "A", 2), line(2, "A", 3)],
            portions=[portion("london", "A", 4), portion("reno", "A", 1)],
        )

        assert parcels == [
            Parcel(warehouse="london", waits=False, units={1: 2, 2: 2}),
            Parcel(warehouse="reno", waits=False, units={2: 1}),
        ]

    def test_adds_up_what_a_warehouse_gives_in_several_portions(self) -> None:
        parcels = plan_parcels(
            lines=[line(1, "A", 2), line(2, "A", 3), line(3, "B", 1)],
            portions=[portion("reno", "B", 1), portion("reno", "A", 1), portion("reno", "A", 4)],
        )

        assert parcels == [Parcel(warehouse="reno", waits=False, units={1: 2, 2: 3, 3: 1})]

    def test_gives_a_line_its_own_sku_in_whatever_order_they_come(self) -> None:
        parcels = plan_parcels(
            lines=[line(1, "A", 1), line(2, "B", 1)],
            portions=[portion("reno", "B", 1), portion("london", "A", 1)],
        )

        assert parcels == [
            Parcel(warehouse="london", waits=False, units={1: 1}),
            Parcel(warehouse="reno", waits=False, units={2: 1}),
        ]

    def test_takes_no_more_than_a_portion_holds(self) -> None:
        parcels = plan_parcels(
            lines=[line(1, "A", 3), line(2, "A", 3)], portions=[portion("reno", "A", 3)]
        )

        assert parcels == [Parcel(warehouse="reno", waits=False, units={1: 3})]

    def test_packs_nothing_of_nothing(self) -> None:
        assert plan_parcels(lines=[line(1, "A", 1)], portions=[]) == []


class TestSplitUnits:
    def test_lets_part_of_a_parcel_go(self) -> None:
        going, staying = split_units(
            packed={1: 2, 2: 3, 3: 1}, skus={1: "A", 2: "A", 3: "B"}, left={"A": 4}
        )

        assert going == {1: 2, 2: 2}
        assert staying == {2: 1, 3: 1}

    def test_lets_no_more_go_than_was_packed(self) -> None:
        going, staying = split_units(packed={1: 2}, skus={1: "A"}, left={"A": 9, "Z": 1})

        assert (going, staying) == ({1: 2}, {})

    def test_lets_nothing_go_of_what_was_not_told(self) -> None:
        packed = {1: 2, 2: 3}

        assert split_units(packed=packed, skus={1: "A", 2: "A"}, left={}) == ({}, packed)


class TestShipmentIdOf:
    def test_is_the_same_for_the_same_place(self) -> None:
        order = UUID(int=7)

        assert shipment_id_of(order_id=order, position=1) == shipment_id_of(
            order_id=order, position=1
        )
        assert shipment_id_of(order_id=order, position=1) != shipment_id_of(
            order_id=order, position=2
        )
