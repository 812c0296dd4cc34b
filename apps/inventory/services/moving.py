"""Units come into a house or leave it without an order, and each time somebody says why."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from apps.catalog.models import Variant
from apps.inventory.errors import InsufficientStock, UnknownStock
from apps.inventory.models import Movement, MovementReason, StockLevel, StockPolicy, Warehouse
from apps.inventory.selectors import free_units
from apps.inventory.services.announcing import announce_low
from apps.inventory.services.filling import fill_backorders
from apps.inventory.services.levels import house_of, lock_levels, make_levels


@transaction.atomic
def set_opening_stock(
    *, quantities: Mapping[str, int], reference: str, warehouse: str = ""
) -> None:
    """Give SKUs a stock level and their first units in a house; one that has a level is left alone.

    Without a warehouse: the first of the active ones. Raises UnknownWarehouse.
    """
    house = house_of(warehouse)
    fresh = make_levels(skus=quantities.keys(), warehouse=house)
    levels = lock_levels(skus=fresh, warehouse_id=house.pk)
    for level in levels:
        level.on_hand = quantities[level.variant_id]
    StockLevel.objects.bulk_update(levels, ["on_hand"])
    Movement.objects.bulk_create(
        Movement(
            sku=sku,
            warehouse=house,
            quantity=quantities[sku],
            reason=MovementReason.OPENING,
            reference=f"{reference}:{sku}",
        )
        for sku in sorted(fresh)
    )


@transaction.atomic
def move_stock(
    *,
    sku: str,
    quantity: int,
    reason: MovementReason,
    reference: str = "",
    warehouse: str = "",
    actor_id: int | None = None,
    note: str = "",
) -> bool:
    """Add units (negative: take away) and say why; False if the reference was booked before.

    Units that come serve those who wait for them. Raises UnknownWarehouse, UnknownStock,
    InsufficientStock if fewer units than that are free.
    """
    house = house_of(warehouse)
    level = _lock_level(sku, house=house, make=quantity > 0)
    booked = Movement.objects.filter(sku=sku, reason=reason, reference=reference)
    if reference and booked.exists():
        return False
    if level.on_hand + quantity < level.reserved:
        raise InsufficientStock(skus=[sku])
    Movement.objects.create(
        sku=sku,
        warehouse=house,
        quantity=quantity,
        reason=reason,
        reference=reference,
        actor_id=actor_id,
        note=note,
    )
    _change(level, quantity=quantity, is_active=house.is_active)
    return True


def _lock_level(sku: str, *, house: Warehouse, make: bool) -> StockLevel:
    levels = lock_levels(skus=[sku], warehouse_id=house.pk)
    if not levels and make and Variant.objects.filter(sku=sku).exists():
        make_levels(skus=[sku], warehouse=house)
        levels = lock_levels(skus=[sku], warehouse_id=house.pk)
    if not levels:
        raise UnknownStock(skus=[sku])
    return levels[0]


def _change(level: StockLevel, *, quantity: int, is_active: bool) -> None:
    """Change a locked level, fill what waits for it, and say if few units are left."""
    StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") + quantity)
    level.on_hand += quantity
    fill_backorders([level])
    if quantity < 0 and is_active:
        policy = StockPolicy.objects.filter(variant__sku=level.variant_id).first()
        if policy is not None:
            after = free_units([level.variant_id])[level.variant_id]
            announce_low(
                sku=level.variant_id,
                before=after - quantity,
                after=after,
                low_stock_at=policy.low_stock_at,
            )


def take_back(*, sku: str, quantity: int, warehouse: str = "", reference: str) -> bool:
    """Put returned units back on the shelf, of the first active house unless one is named.

    False if the reference was booked before. Raises UnknownWarehouse, UnknownStock.
    """
    return move_stock(
        sku=sku,
        quantity=quantity,
        reason=MovementReason.RETURNED,
        reference=reference,
        warehouse=warehouse,
    )
