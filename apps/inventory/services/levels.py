"""The rows that a change of stock locks first, always in (SKU, house) order."""

from collections.abc import Collection, Iterable

from apps.inventory.models import StockLevel, Warehouse
from apps.inventory.selectors import find_default_warehouse, get_warehouse

MAIN = "main"


def lock_levels(*, skus: Iterable[str], warehouse_id: int) -> list[StockLevel]:
    """The levels of the SKUs in a house, locked; a SKU without one is missing."""
    return list(
        StockLevel.objects.select_for_update()
        .filter(variant__sku__in=list(skus), warehouse=warehouse_id)
        .order_by("variant_id", "warehouse_id")
    )


def house_of(code: str) -> Warehouse:
    """The house with this code; without a code the first of the active ones, made if there is none.

    Raises UnknownWarehouse.
    """
    if code:
        return get_warehouse(code)
    if house := find_default_warehouse():
        return house
    return Warehouse.objects.get_or_create(code=MAIN, defaults={"name": "Main warehouse"})[0]


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
