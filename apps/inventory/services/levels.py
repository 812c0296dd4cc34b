"""The rows that a change of stock locks first, always in (SKU, house) order, and how they change."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection

from apps.catalog.models import Variant
from apps.events.services import publish
from apps.inventory import rules
from apps.inventory.events import StockLow
from apps.inventory.models import Movement, MovementReason, StockLevel, StockPolicy, Warehouse
from apps.inventory.selectors import find_default_warehouse, free_units, get_warehouse
from apps.inventory.services.backorders import fill_backorders, postpone_promises

MAIN = "main"

_RAISE = """
UPDATE inventory_stocklevel level SET on_hand = level.on_hand + change.units
FROM unnest(%s::bigint[], %s::int[]) AS change (id, units) WHERE level.id = change.id
"""


def lock_levels(*, skus: Iterable[str], warehouse_id: int) -> list[StockLevel]:
    """The levels of the SKUs in a house, locked; a SKU without one is missing."""
    return list(
        StockLevel.objects.select_for_update()
        .filter(variant__sku__in=list(skus), warehouse=warehouse_id)
        .order_by("variant_id", "warehouse_id")
    )


def open_levels(*, skus: Collection[str], warehouse: Warehouse) -> list[StockLevel]:
    """The levels of the SKUs in a house, locked.

    Each SKU on sale that has none there gets an empty one; a SKU without a variant is missing.
    """
    levels = lock_levels(skus=skus, warehouse_id=warehouse.pk)
    if missing := set(skus) - {level.variant_id for level in levels}:
        known = Variant.objects.filter(sku__in=missing).values_list("sku", flat=True)
        make_levels(skus=set(known), warehouse=warehouse)
        levels = lock_levels(skus=skus, warehouse_id=warehouse.pk)
    return levels


def make_levels(*, skus: Collection[str], warehouse: Warehouse) -> set[str]:
    """Give SKUs that have none an empty level in a house; returns which are new."""
    known = set(
        StockLevel.objects.filter(variant__sku__in=list(skus), warehouse=warehouse).values_list(
            "variant__sku", flat=True
        )
    )
    fresh = sorted(set(skus) - known)
    StockLevel.objects.bulk_create(
        [StockLevel(variant_id=sku, warehouse=warehouse) for sku in fresh], ignore_conflicts=True
    )
    return set(fresh)


def house_of(code: str) -> Warehouse:
    """The house with this code; without a code the first of the active ones, made if there is none.

    Raises UnknownWarehouse.
    """
    if code:
        return get_warehouse(code)
    if house := find_default_warehouse():
        return house
    return Warehouse.objects.get_or_create(code=MAIN, defaults={"name": "Main warehouse"})[0]


def change_levels(
    changes: Mapping[str, int],
    *,
    levels: Sequence[StockLevel],
    warehouse: Warehouse,
    reason: MovementReason,
    references: Mapping[str, str] | None = None,
    actor_id: int | None = None,
    note: str = "",
) -> dict[str, int]:
    """Book units that came to locked levels of a house or left them (below zero), by SKU.

    Arriving units serve those who wait; where fewer are left than were promised, the youngest
    promises wait. Returns how many promised units have to wait now, by SKU.
    """
    changed = [level for level in levels if changes.get(level.variant_id)]
    Movement.objects.bulk_create(
        Movement(
            sku=level.variant_id,
            warehouse=warehouse,
            quantity=changes[level.variant_id],
            reason=reason,
            reference=(references or {}).get(level.variant_id, ""),
            actor_id=actor_id,
            note=note,
        )
        for level in changed
    )
    free_before = {level.variant_id: level.on_hand - level.reserved for level in changed}
    waiting = _change(changed, changes=changes)
    if warehouse.is_active:
        _announce_low(changed, free_before=free_before)
    return waiting


def _change(levels: Sequence[StockLevel], *, changes: Mapping[str, int]) -> dict[str, int]:
    waiting = {}
    for level in levels:
        level.on_hand += changes[level.variant_id]
        if short := max(0, level.reserved - level.on_hand):
            waiting[level.variant_id] = short
            level.reserved -= short
            level.backordered += short
    postpone_promises(
        {
            (level.variant_id, level.warehouse_id): waiting[level.variant_id]
            for level in levels
            if level.variant_id in waiting
        }
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE,
            [[level.pk for level in levels], [changes[level.variant_id] for level in levels]],
        )
    fill_backorders(levels)
    return waiting


def _announce_low(levels: Sequence[StockLevel], *, free_before: Mapping[str, int]) -> None:
    """Judge the SKUs whose free units fell by what all active houses have."""
    fell = {
        level.variant_id: free_before[level.variant_id] - (level.on_hand - level.reserved)
        for level in levels
        if level.on_hand - level.reserved < free_before[level.variant_id]
    }
    limits = dict(
        StockPolicy.objects.filter(variant__sku__in=list(fell), low_stock_at__isnull=False)
        .order_by("variant_id")
        .values_list("variant__sku", "low_stock_at")
    )
    free = free_units(limits)
    for sku, low_stock_at in limits.items():
        announce_low(
            sku=sku, before=free[sku] + fell[sku], after=free[sku], low_stock_at=low_stock_at
        )


def announce_low(*, sku: str, before: int, after: int, low_stock_at: int | None) -> None:
    """Say that few units are left, if the change has just made it so."""
    if low_stock_at is not None and rules.is_now_low(
        before=before, after=after, low_stock_at=low_stock_at
    ):
        publish(StockLow(sku=sku, free=after, threshold=low_stock_at))
