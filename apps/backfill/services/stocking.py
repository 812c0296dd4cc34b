"""Make the catalogue and the opening stock that the old sales need."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.text import slugify

from apps.backfill.rules import CURRENCY
from apps.backfill.types import Plan, Row
from apps.catalog.models import Category, Product, ProductType, PublicationState, Variant
from apps.inventory.services import set_opening_stock
from apps.pricing.models import Price

_SHELF = {"name": "Moved in", "slug": "moved-in", "summary": "Taken over from the old service."}


@transaction.atomic
def make_catalogue(plan: Plan) -> int:
    """Give every stocked SKU of the plan a product, a variant, a price and its opening stock.

    What is there already is left alone; returns how many SKUs are new.
    """
    latest = _latest_rows(plan.rows, skus=plan.opening_stock.keys())
    known = set(Variant.objects.filter(sku__in=latest).values_list("sku", flat=True))
    fresh = {sku: row for sku, row in latest.items() if sku not in known}
    if fresh:
        _make_products(fresh)
    set_opening_stock(quantities=plan.opening_stock, reference="moved-in")
    return len(fresh)


def _latest_rows(rows: Iterable[Row], *, skus: Iterable[str]) -> dict[str, Row]:
    """For each SKU the row that names and prices it best: the last that does both."""
    wanted = set(skus)
    latest: dict[str, Row] = {}
    for row in rows:
        if row.code in wanted and (
            row.code not in latest or (row.description and row.unit_price > 0 and row.quantity > 0)
        ):
            latest[row.code] = row
    return latest


def _make_products(rows: dict[str, Row]) -> None:
    shelf = Category.objects.filter(slug=_SHELF["slug"]).first()
    shelf = shelf or Category.objects.add_root(dict(_SHELF))
    kind, _ = ProductType.objects.get_or_create(code="moved-in", defaults={"name": "Moved in"})
    products = Product.objects.bulk_create(
        Product(
            product_type=kind,
            category=shelf,
            name=(row.description or sku).title()[:200],
            slug=f"moved-in-{slugify(sku)}",
            # The shelf is for the books: what is sold on is published by hand.
            state=PublicationState.DRAFT,
        )
        for sku, row in rows.items()
    )
    Variant.objects.bulk_create(
        Variant(product=product, sku=sku) for product, sku in zip(products, rows, strict=True)
    )
    Price.objects.bulk_create(
        Price(variant_id=sku, currency=CURRENCY, amount=row.unit_price) for sku, row in rows.items()
    )
