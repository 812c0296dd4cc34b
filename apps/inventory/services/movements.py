"""Units come into a house or leave it without an order, and each time somebody says why."""

from collections.abc import Mapping

from django.db import transaction

from apps.inventory.errors import InsufficientStock, UnknownStock
from apps.inventory.models import Movement, MovementReason
from apps.inventory.services.levels import (
    change_levels,
    house_of,
    lock_levels,
    make_levels,
    open_levels,
)


@transaction.atomic
def set_opening_stock(
    *, quantities: Mapping[str, int], reference: str, warehouse: str = ""
) -> None:
    """Give SKUs a stock level and their first units in a house; one that has a level is left alone.

    Without a warehouse: the first of the active ones. Raises UnknownWarehouse.
    """
    house = house_of(warehouse)
    fresh = make_levels(skus=quantities.keys(), warehouse=house)
    change_levels(
        quantities,
        levels=lock_levels(skus=fresh, warehouse_id=house.pk),
        warehouse=house,
        reason=MovementReason.OPENING,
        references={sku: f"{reference}:{sku}" for sku in fresh},
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
    levels = (
        open_levels(skus=[sku], warehouse=house)
        if quantity > 0
        else lock_levels(skus=[sku], warehouse_id=house.pk)
    )
    if not levels:
        raise UnknownStock(skus=[sku])
    booked = Movement.objects.filter(sku=sku, reason=reason, reference=reference)
    if reference and booked.exists():
        return False
    if quantity < 0 and levels[0].on_hand + quantity < levels[0].reserved:
        raise InsufficientStock(skus=[sku])
    change_levels(
        {sku: quantity},
        levels=levels,
        warehouse=house,
        reason=reason,
        references={sku: reference},
        actor_id=actor_id,
        note=note,
    )
    return True


@transaction.atomic
def take_back(*, quantities: Mapping[str, int], warehouse: str = "", reference: str) -> None:
    """Put returned units back on the shelves, of the first active house unless one is named.

    Once per SKU and reference. Raises UnknownWarehouse, UnknownStock.
    """
    house = house_of(warehouse)
    levels = open_levels(skus=quantities.keys(), warehouse=house)
    if unknown := sorted(quantities.keys() - {level.variant_id for level in levels}):
        raise UnknownStock(skus=unknown)
    returned = Movement.objects.filter(reason=MovementReason.RETURNED, reference=reference)
    booked = set(returned.values_list("sku", flat=True))
    change_levels(
        {sku: count for sku, count in quantities.items() if sku not in booked},
        levels=levels,
        warehouse=house,
        reason=MovementReason.RETURNED,
        references=dict.fromkeys(quantities, reference),
    )
