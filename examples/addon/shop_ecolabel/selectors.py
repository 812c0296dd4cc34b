from shop_ecolabel.models import EcoLabel


def describe_label(product_id: int) -> dict[str, str] | None:
    """The label of a product as its page and its JSON show it; None if it bears none."""
    found = EcoLabel.objects.filter(product=product_id).first()
    return {"scheme": found.scheme, "number": found.number} if found else None
