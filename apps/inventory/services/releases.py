"""Give units back that an order will not get: asked for, or because nobody came for them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.core.services import each_alone, retry_deadlocks
from apps.inventory import rules
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.selectors import get_warehouse
from apps.inventory.services.backorders import fill_backorders, promises_of
from apps.inventory.types import GiveBack, Promise

logger = logging.getLogger(__name__)

# Longer than the orders queue keeps trying, so that an order which waits out an outage finds its units.
EXPIRY_GRACE = timedelta(hours=12)

_MINE = """
SELECT id, reference, sku, warehouse_id, quantity, backordered, shipped
FROM inventory_reservation
WHERE reference = %s AND released_at IS NULL AND (%s::timestamptz IS NULL OR expires_at < %s)
ORDER BY sku, warehouse_id
FOR UPDATE
"""

# A promise that ends whole keeps its figures as history; one that goes on keeps what is left of it.
_END = """
WITH ended AS (
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::boolean[])
        AS ended (id, in_house, backordered, whole)
),
closed AS (
    UPDATE inventory_reservation promise
    SET released_at = CASE WHEN ended.whole THEN %s::timestamptz END,
        quantity = promise.quantity
            - CASE WHEN ended.whole THEN 0 ELSE ended.in_house + ended.backordered END,
        backordered = promise.backordered - CASE WHEN ended.whole THEN 0 ELSE ended.backordered END
    FROM ended WHERE promise.id = ended.id
    RETURNING promise.sku, promise.warehouse_id, ended.in_house, ended.backordered
)
UPDATE inventory_stocklevel level
SET reserved = level.reserved - closed.in_house,
    backordered = level.backordered - closed.backordered
FROM closed WHERE level.sku = closed.sku AND level.warehouse_id = closed.warehouse_id
"""


@transaction.atomic
def release_stock(*, reference: UUID) -> None:
    """Give all units of an order that have not shipped back to everybody; a repeat changes nothing."""
    _release(reference, ended_of=rules.end_all)


@transaction.atomic
def release_parcel(
    *, reference: UUID, warehouse: str, quantities: Mapping[str, int], is_packed: bool
) -> None:
    """Give back what one house keeps for one parcel of an order; each call gives back again.

    For a packed one units in the house end first, for one that waits for goods those still to come.
    Raises UnknownWarehouse.
    """
    house = get_warehouse(warehouse)

    def ended_of(promises: Sequence[Promise]) -> list[GiveBack]:
        here = [promise for promise in promises if promise.warehouse == house.pk]
        return rules.end_parcel(here, quantities=quantities, is_packed=is_packed)

    _release(reference, ended_of=ended_of)


def release_expired() -> int:
    """Free what was promised to orders that were lost on the way; returns how many orders.

    Orders release what is not paid in time themselves; this is the net below them.
    """
    cutoff = timezone.now() - EXPIRY_GRACE
    late = Reservation.objects.filter(released_at=None, expires_at__lt=cutoff)
    references = late.order_by("reference").values_list("reference", flat=True).distinct()
    released = each_alone(
        "inventory.release_expired", references, partial(_release_late, cutoff=cutoff)
    )
    if released:
        logger.warning("inventory released the expired promises of %s orders", released)
    return released


@retry_deadlocks
def _release_late(reference: UUID, *, cutoff: datetime) -> bool:
    return _release(reference, ended_of=rules.end_all, expired_before=cutoff)


def _release(
    reference: UUID,
    *,
    ended_of: Callable[[Sequence[Promise]], list[GiveBack]],
    expired_before: datetime | None = None,
) -> bool:
    """Whether anything was given back. A promise that was kept meanwhile is not expired any more."""
    levels = _lock_levels(reference)
    with connection.cursor() as cursor:
        cursor.execute(_MINE, [reference, expired_before, expired_before])
        promises = promises_of(cursor.fetchall())
    ended = ended_of(promises)
    if ended:
        _end(ended)
        by_shelf = {(level.variant_id, level.warehouse_id): level for level in levels}
        for one in ended:
            level = by_shelf[one.promise.sku, one.promise.warehouse]
            level.reserved -= one.in_house
            level.backordered -= one.backordered
        fill_backorders(levels)
    return bool(ended)


def _lock_levels(reference: UUID) -> list[StockLevel]:
    mine = Reservation.objects.filter(
        reference=reference,
        released_at=None,
        sku=OuterRef("variant_id"),
        warehouse=OuterRef("warehouse_id"),
    )
    return list(
        StockLevel.objects.select_for_update()
        .filter(Exists(mine))
        .order_by("variant_id", "warehouse_id")
    )


def _end(ended: Sequence[GiveBack]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _END,
            [
                [one.promise.id for one in ended],
                [one.in_house for one in ended],
                [one.backordered for one in ended],
                [one.is_whole for one in ended],
                timezone.now(),
            ],
        )
