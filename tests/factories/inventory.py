"""Warehouses, and what they keep."""

from decimal import Decimal
from uuid import UUID

import factory
from django.db.models import Sum
from factory.django import DjangoModelFactory

from apps.catalog.models import Variant
from apps.core.models import new_id
from apps.inventory.models import Movement, Reservation, StockLevel, StockPolicy, Warehouse
from apps.inventory.services import reserve_stock, set_opening_stock
from apps.pricing.models import Price
from tests.factories.catalog import VariantFactory


class WarehouseFactory(DjangoModelFactory[Warehouse]):
    """An active house; the one made first goes first."""

    class Meta:
        model = Warehouse
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"house-{n}")
    name = factory.LazyAttribute(lambda house: house.code.title())
    priority = factory.Sequence(lambda n: n + 1)


def keep(
    units: dict[str, int],
    *,
    backorder_limit: int | None = None,
    low_stock_at: int | None = None,
    variant: Variant | None = None,
) -> str:
    """A SKU with that many units in each house (by code; a new one is opened), and its policy."""
    variant = variant or VariantFactory.create()
    Price.objects.get_or_create(
        variant=variant, currency="GBP", defaults={"amount": Decimal("4.20")}
    )
    for code, quantity in units.items():
        house = WarehouseFactory.create(code=code)
        set_opening_stock(
            quantities={variant.sku: quantity}, reference="test", warehouse=house.code
        )
    if backorder_limit is not None or low_stock_at is not None:
        StockPolicy.objects.create(
            variant=variant, backorder_limit=backorder_limit, low_stock_at=low_stock_at
        )
    return variant.sku


def promise(quantities: dict[str, int], **fields: object) -> UUID:
    """An order that has these units promised, for good unless an expiry is given."""
    reference = new_id()
    reserve_stock(reference=reference, quantities=quantities, **{"expires_at": None, **fields})
    return reference


def level_of(sku: str, house: str = "main") -> tuple[int, int, int]:
    """What a level says: on hand, reserved, back-ordered."""
    level = StockLevel.objects.get(variant=sku, warehouse__code=house)
    return level.on_hand, level.reserved, level.backordered


def broken_levels() -> list[str]:
    """The levels that their movements and open reservations do not explain: none, whatever happened."""
    broken = []
    for level in StockLevel.objects.all():
        here = {"sku": level.variant_id, "warehouse": level.warehouse_id}
        promises = list(Reservation.objects.filter(released_at=None, **here))
        moved = Movement.objects.filter(**here).aggregate(sum=Sum("quantity", default=0))["sum"]
        computed = (
            moved,
            sum(one.quantity - one.shipped - one.backordered for one in promises),
            sum(one.backordered for one in promises),
        )
        if computed != (level.on_hand, level.reserved, level.backordered):
            broken.append(f"{level}: {computed}")
    return broken
