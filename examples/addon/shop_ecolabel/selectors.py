from django.db.models import QuerySet

from apps.catalog.models import PublicationState
from shop_ecolabel.models import EcoLabel


def describe_label(product_id: int) -> dict[str, str] | None:
    """The label of a product as its page and its JSON show it; None if it bears none."""
    found = EcoLabel.objects.filter(product=product_id).first()
    return {"scheme": found.scheme, "number": found.number} if found else None


def list_labels() -> QuerySet[EcoLabel]:
    """The labels of published products, by slug: nobody outside hears of a draft before it has a page."""
    labels = EcoLabel.objects.filter(product__state=PublicationState.PUBLISHED)
    return labels.select_related("product").order_by("product__slug")
