"""The goods leave the house: what was promised from it is kept."""

import logging
from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.inventory.models import Movement, MovementReason, Warehouse
from apps.inventory.selectors import get_warehouse
from apps.inventory.services.levels import change_levels, lock_levels

logger = logging.getLogger(__name__)

# Units that a count missed are on back-order, and off the shelf, although they were packed already:
# they leave the promise only.
_SHIP = """
WITH asked AS (SELECT * FROM unnest(%s::text[], %s::int[]) AS asked (sku, units)),
promised AS (
    SELECT promise.id, promise.sku, promise.warehouse_id,
        least(asked.units, promise.quantity - promise.shipped - promise.backordered) AS in_house,
        least(
            greatest(0, asked.units - (promise.quantity - promise.shipped - promise.backordered)),
            promise.backordered
        ) AS missed
    FROM inventory_reservation promise JOIN asked ON asked.sku = promise.sku
    WHERE promise.reference = %s AND promise.warehouse_id = %s AND promise.released_at IS NULL
    ORDER BY promise.sku FOR UPDATE OF promise
),
gone AS (
    UPDATE inventory_reservation promise
    SET shipped = promise.shipped + promised.in_house + promised.missed,
        backordered = promise.backordered - promised.missed
    FROM promised WHERE promise.id = promised.id
),
lowered AS (
    UPDATE inventory_stocklevel level
    SET on_hand = level.on_hand - promised.in_house,
        reserved = level.reserved - promised.in_house,
        backordered = level.backordered - promised.missed
    FROM promised WHERE level.sku = promised.sku AND level.warehouse_id = promised.warehouse_id
),
booked AS (
    INSERT INTO inventory_movement
        (sku, warehouse_id, quantity, reason, reference, note, created_at)
    SELECT sku, warehouse_id, -in_house, %s, %s, '', %s FROM promised WHERE in_house > 0
)
SELECT sku, in_house + missed FROM promised
"""


@transaction.atomic
def ship_stock(*, reference: UUID, warehouse: str, quantities: Mapping[str, int], key: str) -> bool:
    """Take units that left for an order out of the house; False if this key was booked before.

    `key` names the parcel. Units that the order is not promised there leave as `ship_unpromised`
    says. Raises UnknownWarehouse.
    """
    house = get_warehouse(warehouse)
    units = {sku: quantity for sku, quantity in quantities.items() if quantity > 0}
    lock_levels(skus=units, warehouse_id=house.pk)
    if Movement.objects.filter(reason=MovementReason.SHIPPED, reference=key).exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            _SHIP,
            [
                list(units),
                list(units.values()),
                reference,
                house.pk,
                MovementReason.SHIPPED.value,
                key,
                timezone.now(),
            ],
        )
        promised = dict(cursor.fetchall())
    rest = {sku: count - promised.get(sku, 0) for sku, count in units.items()}
    _take_off_shelf({sku: count for sku, count in rest.items() if count}, house=house, key=key)
    return bool(units)


@transaction.atomic
def ship_unpromised(*, warehouse: str, quantities: Mapping[str, int], key: str) -> None:
    """Take units that left although nobody was promised them out of the house, once per key.

    If they were promised to others meanwhile, the youngest promises wait. Raises UnknownWarehouse.
    """
    _take_off_shelf(quantities, house=get_warehouse(warehouse), key=key)


def _take_off_shelf(quantities: Mapping[str, int], *, house: Warehouse, key: str) -> None:
    if not quantities:
        return
    key = f"{key}:unpromised"
    levels = lock_levels(skus=quantities, warehouse_id=house.pk)
    if Movement.objects.filter(reason=MovementReason.SHIPPED, reference=key).exists():
        return
    on_hand = {level.variant_id: level.on_hand for level in levels}
    for sku, count in quantities.items():
        if count > on_hand.get(sku, 0):
            logger.error(
                "%s left %s with %d × %s, of which it had %d",
                *(key, house.code, count, sku, on_hand.get(sku, 0)),
            )
    change_levels(
        {sku: -min(quantities[sku], held) for sku, held in on_hand.items()},
        levels=levels,
        warehouse=house,
        reason=MovementReason.SHIPPED,
        references=dict.fromkeys(on_hand, key),
    )
