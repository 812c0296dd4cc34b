"""Questions about stock."""

from collections.abc import Collection, Mapping

from django.db.models import F

from apps.inventory.models import StockLevel


def free_units(skus: Collection[str]) -> Mapping[str, int]:
    """Units that could be promised now, by SKU; a SKU without a level is missing. One query."""
    levels = StockLevel.objects.filter(variant__in=skus).annotate(free=F("on_hand") - F("reserved"))
    return dict(levels.values_list("variant", "free"))
