"""Questions about stock."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.inventory.errors import UnknownWarehouse
from apps.inventory.models import Movement, Reservation, StockLevel, StockPolicy, Warehouse
from apps.inventory.types import Allocation, Availability


def get_warehouse(code: str) -> Warehouse:
    """The house with this code, active or not. Raises UnknownWarehouse."""
    house = Warehouse.objects.filter(code=code).first()
    if house is None:
        raise UnknownWarehouse(warehouse=code)
    return house


def find_default_warehouse() -> Warehouse | None:
    """The active house that goes first."""
    return Warehouse.objects.filter(is_active=True).order_by("priority", "id").first()


def free_units(skus: Collection[str]) -> Mapping[str, int]:
    """Units in active houses that could be promised now, by SKU; one that is kept nowhere is missing.

    One query.
    """
    levels = (
        StockLevel.objects.filter(variant__sku__in=skus, warehouse__is_active=True)
        .values("variant__sku")
        .annotate(free=Sum(F("on_hand") - F("reserved")))
    )
    return dict(levels.values_list("variant__sku", "free"))


def availability(skus: Collection[str]) -> Mapping[str, Availability]:
    """What could be promised now, from the house and on back-order; what is kept nowhere is missing.

    One query.
    """
    active = Q(warehouse__is_active=True)
    levels = (
        StockLevel.objects.filter(variant__sku__in=skus)
        .values("variant__sku")
        .annotate(
            free=Sum(F("on_hand") - F("reserved"), filter=active),
            owed=Sum("backordered"),
            limit=Coalesce(F("variant__stock_policy__backorder_limit"), 0),
        )
        .filter(free__isnull=False)
    )
    return {
        sku: Availability(free=free, backorder_left=max(0, limit - owed))
        for sku, free, owed, limit in levels.values_list("variant__sku", "free", "owed", "limit")
    }


def allocations_of(reference: UUID) -> list[Allocation]:
    """What each house owes an order and has sent it, by house and SKU; released units are left out.

    One query.
    """
    promises = Reservation.objects.filter(reference=reference, released_at=None).order_by(
        "warehouse__priority", "warehouse_id", "sku"
    )
    return [
        Allocation(
            warehouse=code,
            sku=sku,
            quantity=quantity - shipped,
            backordered=backordered,
            shipped=shipped,
        )
        for code, sku, quantity, backordered, shipped in promises.values_list(
            "warehouse__code", "sku", "quantity", "backordered", "shipped"
        )
    ]


def products_in_stock(product_ids: Collection[int]) -> set[int]:
    """Which of the products have a variant on sale that can be promised, back-orders included.

    One query.
    """
    can_wait = StockPolicy.objects.annotate(
        owed=Sum("variant__stock_levels__backordered", default=0)
    ).filter(backorder_limit__gt=F("owed"))
    stocked = StockLevel.objects.filter(
        Q(on_hand__gt=F("reserved")) | Q(variant__stock_policy__in=can_wait.values("pk")),
        variant__product__in=product_ids,
        variant__is_active=True,
        warehouse__is_active=True,
    )
    return set(stocked.values_list("variant__product", flat=True))


def list_low() -> QuerySet[Any, Any]:
    """The policies whose variants have no more free units, in all active houses, than is called low."""
    level = "variant__stock_levels__"
    free = Sum(
        F(f"{level}on_hand") - F(f"{level}reserved"),
        filter=Q(**{f"{level}warehouse__is_active": True}),
        default=0,
    )
    return StockPolicy.objects.annotate(free=free).filter(free__lte=F("low_stock_at")).values("pk")


def list_movements(*, sku: str, warehouse_id: int, count: int = 20) -> QuerySet[Movement]:
    """The last movements of a SKU in a house, newest first, with who made them."""
    moved = Movement.objects.filter(sku=sku, warehouse=warehouse_id)
    return moved.select_related("actor").order_by("-id")[:count]
