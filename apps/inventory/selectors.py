"""Questions about stock."""

from collections.abc import Collection, Mapping

from django.db.models import F

from apps.inventory.models import StockLevel


def free_units(skus: Collection[str]) -> Mapping[str, int]:
    """Units that could be promised now, by SKU; a SKU without a level is missing. One query."""
    levels = StockLevel.objects.filter(variant__sku__in=skus).annotate(
        free=F("on_hand") - F("reserved")
    )
    return dict(levels.values_list("variant__sku", "free"))


def products_in_stock(product_ids: Collection[int]) -> set[int]:
    """Which of the products have a variant on sale with a free unit. One query."""
    stocked = StockLevel.objects.filter(
        variant__product__in=product_ids, variant__is_active=True, on_hand__gt=F("reserved")
    )
    return set(stocked.values_list("variant__product", flat=True))
