"""The goods leave the house: what was promised from it is kept."""

from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.inventory.errors import NotReserved
from apps.inventory.models import Movement, MovementReason
from apps.inventory.selectors import get_warehouse
from apps.inventory.services.levels import lock_levels

_SHIP = """
WITH asked AS (SELECT * FROM unnest(%s::text[], %s::int[]) AS asked (sku, units)),
gone AS (
    UPDATE inventory_reservation promise SET shipped = promise.shipped + asked.units
    FROM asked
    WHERE promise.reference = %s AND promise.warehouse_id = %s AND promise.sku = asked.sku
        AND promise.released_at IS NULL
        AND promise.quantity - promise.shipped - promise.backordered >= asked.units
    RETURNING promise.sku, promise.warehouse_id, asked.units
),
lowered AS (
    UPDATE inventory_stocklevel level
    SET on_hand = level.on_hand - gone.units, reserved = level.reserved - gone.units
    FROM gone WHERE level.sku = gone.sku AND level.warehouse_id = gone.warehouse_id
    RETURNING level.sku, level.warehouse_id, gone.units
)
INSERT INTO inventory_movement
    (sku, warehouse_id, quantity, reason, reference, note, created_at)
SELECT sku, warehouse_id, -units, %s, %s, '', %s FROM lowered
RETURNING sku
"""


@transaction.atomic
def ship_stock(*, reference: UUID, warehouse: str, quantities: Mapping[str, int], key: str) -> bool:
    """Take units that leave for an order out of the house; False if this key was booked before.

    `key` names the parcel. Raises UnknownWarehouse, NotReserved: then nothing has changed.
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
        gone = {sku for (sku,) in cursor.fetchall()}
    if short := sorted(units.keys() - gone):
        raise NotReserved(skus=short)
    return bool(gone)
