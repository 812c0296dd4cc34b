"""Promise units to orders: two statements, whatever the number of lines and houses."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.inventory import rules
from apps.inventory.errors import InsufficientStock
from apps.inventory.services.levels import announce_low
from apps.inventory.types import Share, Shelf

# Every change of stock locks levels in this order, so that two of them never wait for each other in
# a ring. A level that has nothing to give is not locked: who comes too late does not queue. The
# condition is judged again on the row as it is once the lock is held.
_LOOK = """
SELECT level.id, level.sku, level.warehouse_id, warehouse.country, warehouse.priority,
    level.on_hand - level.reserved,
    greatest(0, coalesce(policy.backorder_limit - owed.units, 0)),
    policy.low_stock_at
FROM inventory_stocklevel level
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.is_active
LEFT JOIN inventory_stockpolicy policy ON policy.sku = level.sku
CROSS JOIN LATERAL (
    SELECT coalesce(sum(other.backordered), 0)::int AS units
    FROM inventory_stocklevel other WHERE other.sku = policy.sku
) owed
WHERE level.sku = ANY(%s)
    AND (level.on_hand > level.reserved OR policy.backorder_limit > owed.units)
ORDER BY level.sku, level.warehouse_id
FOR UPDATE OF level
"""

# The units owed were counted before the locks were held: this statement sees them as they are.
_TAKE = """
WITH asked AS (
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS asked (level, taken, backordered)
),
raised AS (
    UPDATE inventory_stocklevel level
    SET reserved = level.reserved + asked.taken,
        backordered = level.backordered + asked.backordered
    FROM asked
    WHERE level.id = asked.level
        AND level.on_hand - level.reserved >= asked.taken
        AND (asked.backordered = 0 OR asked.backordered <= (
            SELECT policy.backorder_limit - (
                SELECT sum(other.backordered) FROM inventory_stocklevel other
                WHERE other.sku = level.sku
            )
            FROM inventory_stockpolicy policy WHERE policy.sku = level.sku
        ))
    RETURNING level.sku, level.warehouse_id, asked.taken, asked.backordered
)
INSERT INTO inventory_reservation
    (reference, sku, warehouse_id, quantity, backordered, shipped, created_at, expires_at)
SELECT %s, sku, warehouse_id, taken + backordered, backordered, 0, %s, %s
FROM raised ORDER BY sku, warehouse_id
RETURNING sku, quantity
"""

_KEEP = """
WITH mine AS (
    SELECT id, released_at FROM inventory_reservation
    WHERE reference = %s
    ORDER BY sku, warehouse_id FOR UPDATE
),
kept AS (
    UPDATE inventory_reservation reservation SET expires_at = NULL
    FROM mine
    WHERE reservation.id = mine.id AND mine.released_at IS NULL
)
SELECT count(*) FILTER (WHERE released_at IS NOT NULL) FROM mine
"""


def reserve_stock(
    *,
    reference: UUID,
    quantities: Mapping[str, int],
    expires_at: datetime | None,
    country: str = "",
) -> None:
    """Promise all the units to an order, or none; `country` is where they go (ISO 3166).

    Must run in the transaction that writes the order. Raises InsufficientStock.
    """
    if not quantities:
        return
    shelves = _look(quantities)
    shares, short = rules.allocate(wanted=quantities, shelves=shelves, country=country)
    if short:
        raise InsufficientStock(skus=short)
    _take(shares, reference=reference, expires_at=expires_at)
    for sku, taken in quantities_of((share.sku, share.taken) for share in shares).items():
        free = sum(shelf.free for shelf in shelves if shelf.sku == sku)
        low_stock_at = next(shelf.low_stock_at for shelf in shelves if shelf.sku == sku)
        announce_low(sku=sku, before=free, after=free - taken, low_stock_at=low_stock_at)


def _look(quantities: Mapping[str, int]) -> list[Shelf]:
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [sorted(quantities)])
        return [
            Shelf(**dict(zip(Shelf.__struct_fields__, row, strict=True)))
            for row in cursor.fetchall()
        ]


def _take(shares: Sequence[Share], *, reference: UUID, expires_at: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            [
                [share.level for share in shares],
                [share.taken for share in shares],
                [share.backordered for share in shares],
                reference,
                timezone.now(),
                expires_at,
            ],
        )
        promised = quantities_of(cursor.fetchall())
    wanted = quantities_of((share.sku, share.taken + share.backordered) for share in shares)
    if short := [sku for sku in wanted if promised.get(sku) != wanted[sku]]:
        raise InsufficientStock(skus=short)


def keep_reservation(*, reference: UUID) -> bool:
    """Let the promise stand until the goods leave: the order is paid.

    False if something of it was released before; the caller must reserve again, or stop the order.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [reference])
        (released,) = cursor.fetchone()
    return not released


def quantities_of(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How many units of each SKU, however many lines ask for it."""
    wanted: dict[str, int] = {}
    for sku, quantity in lines:
        wanted[sku] = wanted.get(sku, 0) + quantity
    return wanted
