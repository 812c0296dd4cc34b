"""Give arriving and returning units to the orders that wait for them, the oldest first."""

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

_FILL = """
WITH filled AS (SELECT * FROM unnest(%s::bigint[], %s::int[]) AS filled (id, units)),
arrived AS (
    UPDATE inventory_reservation promise SET backordered = promise.backordered - filled.units
    FROM filled WHERE promise.id = filled.id
    RETURNING promise.sku, promise.warehouse_id, filled.units
),
moved AS (SELECT sku, warehouse_id, sum(units) AS units FROM arrived GROUP BY sku, warehouse_id)
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
    promises = _lock_waiting(free)
    filled = rules.fill(promises, free=free)
    if not filled:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [list(filled), list(filled.values())])
    _announce(promises, filled=filled)


def _lock_waiting(shelves: Iterable[tuple[str, int]]) -> list[Promise]:
    skus, houses = zip(*shelves, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(skus), list(houses)])
        return promises_of(cursor.fetchall())


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
