"""What a callback of fulfilment may change, in whatever order callbacks arrive, and when one is late."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from apps.shipping.types import LineToShip, Parcel, Portion

# Counted from the request to fulfilment: what has not arrived by then is cancelled and paid back.
DELIVERY_TIME = timedelta(days=5)


class ShipmentStatus(StrEnum):
    WAITING = "waiting"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    PICKED = "picked"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    FAILED = "failed"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What becomes of a callback: it moves the shipment, says nothing new, or comes too late."""

    APPLIED = "applied"
    IGNORED = "ignored"
    LATE = "late"
    CONFLICT = "conflict"


_WAY = (
    ShipmentStatus.WAITING,
    ShipmentStatus.REQUESTED,
    ShipmentStatus.ACCEPTED,
    ShipmentStatus.PICKED,
    ShipmentStatus.SHIPPED,
    ShipmentStatus.DELIVERED,
)
OPEN = frozenset(_WAY[:-1])
IN_THE_HOUSE = frozenset(_WAY[:4])
CALLED_BACK = frozenset({*_WAY[2:], ShipmentStatus.FAILED})
_GIVEN_UP = frozenset({ShipmentStatus.FAILED, ShipmentStatus.OVERDUE})
_LEFT = frozenset({ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED})


def judge(*, current: ShipmentStatus, told: ShipmentStatus) -> Verdict:
    """Whether what fulfilment tells is news. A shipment only ever moves forward.

    Goods that leave for a shipment that was given up are late; for one that was withdrawn, a conflict
    that a person must look at.
    """
    if current in OPEN:
        is_older = told in _WAY and _WAY.index(told) <= _WAY.index(current)
        return Verdict.IGNORED if is_older else Verdict.APPLIED
    if told in _LEFT and current in _GIVEN_UP:
        return Verdict.LATE
    if told in _LEFT and current == ShipmentStatus.WITHDRAWN:
        return Verdict.CONFLICT
    return Verdict.IGNORED


def plan_parcels(*, lines: Sequence[LineToShip], portions: Iterable[Portion]) -> list[Parcel]:
    """One parcel per warehouse with what it has, and one with what it still waits for.

    Units of a SKU that several lines ask for go to the lines in their order.
    """
    wanted = {line.line_id: line.quantity for line in lines}
    parcels: dict[tuple[str, bool], dict[int, int]] = {}
    for portion in portions:
        in_house = portion.quantity - portion.backordered
        for waits, units in ((False, in_house), (True, portion.backordered)):
            left = units
            for line in lines:
                taken = min(left, wanted[line.line_id]) if line.sku == portion.sku else 0
                if taken:
                    parcel = parcels.setdefault((portion.warehouse, waits), {})
                    parcel[line.line_id] = parcel.get(line.line_id, 0) + taken
                    wanted[line.line_id] -= taken
                    left -= taken
    return [
        Parcel(warehouse=warehouse, waits=waits, units=units)
        for (warehouse, waits), units in sorted(parcels.items())
    ]


def split_units(
    *, packed: Mapping[int, int], skus: Mapping[int, str], left: Mapping[str, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Divide a parcel's units (by line) into those that left, as told by SKU, and the rest."""
    going: dict[int, int] = {}
    staying: dict[int, int] = {}
    remaining = dict(left)
    for line_id, quantity in packed.items():
        gone = min(quantity, remaining.get(skus[line_id], 0))
        remaining[skus[line_id]] = remaining.get(skus[line_id], 0) - gone
        if gone:
            going[line_id] = gone
        if quantity > gone:
            staying[line_id] = quantity - gone
    return going, staying


def shipment_id_of(*, order_id: UUID, position: int) -> UUID:
    """The id of an order's n-th shipment, so that planning twice plans the same."""
    return uuid5(order_id, str(position))
