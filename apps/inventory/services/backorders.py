"""Whose units are in the house: arriving ones serve the oldest order, missing ones fail the youngest."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from django.db import connection

from apps.events.services import publish
from apps.inventory import rules
from apps.inventory.events import BackorderFilled, FilledLine
from apps.inventory.models import StockLevel, Warehouse
from apps.inventory.types import Promise

# All that a house owes the waiting orders, not only the SKU that came: whether an order is complete
# must not be judged by two arrivals at once, each blind to the other.
_WAITING = """
SELECT promise.id, promise.reference, promise.sku, promise.warehouse_id,
    promise.quantity, promise.backordered, promise.shipped
FROM inventory_reservation promise
WHERE promise.released_at IS NULL AND (promise.reference, promise.warehouse_id) IN (
    SELECT waiting.reference, waiting.warehouse_id
    FROM inventory_reservation waiting
    JOIN unnest(%s::text[], %s::bigint[]) AS shelf (sku, warehouse_id) USING (sku, warehouse_id)
    WHERE waiting.released_at IS NULL AND waiting.backordered > 0
)
ORDER BY promise.reference, promise.sku, promise.warehouse_id
FOR UPDATE OF promise
"""

_BACKED = """
SELECT promise.id, promise.reference, promise.sku, promise.warehouse_id,
    promise.quantity, promise.backordered, promise.shipped
FROM inventory_reservation promise
JOIN unnest(%s::text[], %s::bigint[]) AS shelf (sku, warehouse_id) USING (sku, warehouse_id)
WHERE promise.released_at IS NULL AND promise.quantity > promise.shipped + promise.backordered
ORDER BY promise.reference, promise.sku, promise.warehouse_id
FOR UPDATE OF promise
"""

# Units above zero come into the house for a promise, units below zero are missing from it.
_SHIFT = """
WITH shifted AS (SELECT * FROM unnest(%s::bigint[], %s::int[]) AS shifted (id, units)),
changed AS (
    UPDATE inventory_reservation promise SET backordered = promise.backordered - shifted.units
    FROM shifted WHERE promise.id = shifted.id
    RETURNING promise.sku, promise.warehouse_id, shifted.units
),
moved AS (SELECT sku, warehouse_id, sum(units) AS units FROM changed GROUP BY sku, warehouse_id)
UPDATE inventory_stocklevel level
SET reserved = level.reserved + moved.units, backordered = level.backordered - moved.units
FROM moved WHERE level.sku = moved.sku AND level.warehouse_id = moved.warehouse_id
"""


def fill_backorders(levels: Iterable[StockLevel]) -> None:
    """Promise free units to those who wait for them, and announce each order that a house can now serve.

    The levels are locked, and as they are now; where nobody waits this asks nothing.
    """
    free = {
        (level.variant_id, level.warehouse_id): level.on_hand - level.reserved
        for level in levels
        if level.backordered and level.on_hand > level.reserved
    }
    if not free:
        return
    promises = _lock(_WAITING, shelves=free)
    filled = rules.fill(promises, free=free)
    if filled:
        _shift(filled)
        _announce(promises, filled=filled)


def postpone_promises(missing: Mapping[tuple[str, int], int]) -> None:
    """Turn promised units that are not in the house after all into back-orders, the youngest first.

    `missing` counts them by (SKU, house); the levels are locked.
    """
    if missing:
        postponed = rules.postpone(_lock(_BACKED, shelves=missing), missing=missing)
        _shift({number: -units for number, units in postponed.items()})


def _lock(sql: str, *, shelves: Iterable[tuple[str, int]]) -> list[Promise]:
    skus, houses = zip(*shelves, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(skus), list(houses)])
        return promises_of(cursor.fetchall())


def _shift(units: Mapping[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SHIFT, [list(units), list(units.values())])


def promises_of(rows: Iterable[tuple[object, ...]]) -> list[Promise]:
    """Rows of the reservation table, their columns in the order of Promise."""
    fields = Promise.__struct_fields__
    return [Promise(**dict(zip(fields, row, strict=True))) for row in rows]  # type: ignore[arg-type]


def _announce(promises: Sequence[Promise], *, filled: Mapping[int, int]) -> None:
    codes = Warehouse.objects.in_bulk({promise.warehouse for promise in promises})
    for (reference, house), group in groupby(
        sorted(promises, key=lambda one: (one.reference, one.warehouse, one.sku)),
        key=lambda one: (one.reference, one.warehouse),
    ):
        owed = list(group)
        touched = any(one.id in filled for one in owed)
        if touched and all(one.backordered == filled.get(one.id, 0) for one in owed):
            lines = tuple(
                FilledLine(sku=one.sku, quantity=one.quantity - one.shipped)
                for one in owed
                if one.quantity > one.shipped
            )
            publish(
                BackorderFilled(reference=str(reference), warehouse=codes[house].code, lines=lines)
            )
