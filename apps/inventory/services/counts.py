"""What people find on the shelves: counts and write-offs. What they found is how it is."""

from collections.abc import Mapping

from apps.core.services import retry_deadlocks
from apps.inventory import rules
from apps.inventory.errors import InsufficientStock
from apps.inventory.models import MovementReason
from apps.inventory.selectors import get_warehouse
from apps.inventory.services.levels import change_levels, lock_levels, open_levels
from apps.inventory.types import MOST_UNITS, LevelResult


@retry_deadlocks
def count_stock(
    *, warehouse: str, counts: Mapping[str, int], actor_id: int | None, note: str = ""
) -> list[LevelResult]:
    """Set the units on hand in a house to what was counted there; one result per SKU, in SKU order.

    Where fewer were found than are promised, the youngest promises wait as back-orders. Raises
    UnknownWarehouse.
    """
    house = get_warehouse(warehouse)
    levels = open_levels(skus=counts.keys(), warehouse=house)
    differences = {
        level.variant_id: counts[level.variant_id] - level.on_hand
        for level in levels
        if 0 <= counts[level.variant_id] <= MOST_UNITS
    }
    waiting = change_levels(
        differences,
        levels=levels,
        warehouse=house,
        reason=MovementReason.COUNTED,
        actor_id=actor_id,
        note=note,
    )
    kept = {level.variant_id for level in levels}
    return [
        LevelResult(
            sku=sku,
            status="changed" if differences[sku] else "unchanged",
            on_hand=counts[sku],
            waiting=waiting.get(sku, 0),
        )
        if sku in differences
        else rules.refused(sku=sku, code="not_a_count" if sku in kept else "unknown_stock")
        for sku in sorted(counts)
    ]


@retry_deadlocks
def write_off_stock(
    *, warehouse: str, sku: str, quantity: int, actor_id: int | None, note: str
) -> LevelResult:
    """Take broken or lost units out of a house, and say why in `note`.

    Promises that they were meant for wait as back-orders, the youngest first. Raises
    UnknownWarehouse, InsufficientStock if fewer units than that are in the house.
    """
    house = get_warehouse(warehouse)
    levels = lock_levels(skus=[sku], warehouse_id=house.pk)
    if not levels or not 0 < quantity <= levels[0].on_hand:
        raise InsufficientStock(skus=[sku])
    waiting = change_levels(
        {sku: -quantity},
        levels=levels,
        warehouse=house,
        reason=MovementReason.WRITTEN_OFF,
        actor_id=actor_id,
        note=note,
    )
    return LevelResult(
        sku=sku, status="changed", on_hand=levels[0].on_hand, waiting=waiting.get(sku, 0)
    )
