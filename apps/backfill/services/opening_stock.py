"""Make the catalogue and the opening stock that the old sales need."""

from collections import Counter
from collections.abc import Collection

from django.db import transaction
from django.utils.text import slugify

from apps.backfill.rules import CURRENCY
from apps.backfill.types import Plan, Row
from apps.catalog.models import Category, Product, ProductType, PublicationState, Variant
from apps.core.rules import digest_of
from apps.inventory.services import set_opening_stock
from apps.pricing.models import Price

_SHELF = {"name": "Imported", "slug": "imported", "summary": "Taken over from the old service."}


@transaction.atomic
def make_catalogue(plan: Plan) -> int:
    """Give every stocked SKU of the plan a product, a variant, a price and its opening stock.

    What is there already is left alone; returns how many SKUs are new.
    """
    latest = _latest_rows(plan)
    known = set(Variant.objects.filter(sku__in=latest).values_list("sku", flat=True))
    fresh = {sku: row for sku, row in latest.items() if sku not in known}
    if fresh:
        _make_products(fresh)
    set_opening_stock(quantities=plan.opening_stock, reference="imported")
    return len(fresh)


def _latest_rows(plan: Plan) -> dict[str, Row]:
    """For each stocked SKU the row that names and prices it best: the last that does both."""
    sold = (line.row for order in plan.orders for line in order.lines if line.stocked)
    latest: dict[str, Row] = {}
    for row in (*sold, *plan.adjustments):
        if row.code not in latest or (row.description and row.unit_price > 0 and row.quantity > 0):
            latest[row.code] = row
    return latest


def _find_slugs(skus: Collection[str]) -> dict[str, str]:
    """An address for each SKU; where two would share one, or it is taken, it has the SKU's digest."""
    plain = {sku: f"imported-{slugify(sku)}" for sku in skus}
    wanted = Counter(plain.values())
    taken = set(Product.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    return {
        sku: f"{slug}-{digest_of(text=sku)[:12]}" if wanted[slug] > 1 or slug in taken else slug
        for sku, slug in plain.items()
    }


def _make_products(rows: dict[str, Row]) -> None:
    shelf = Category.objects.filter(slug=_SHELF["slug"]).first()
    shelf = shelf or Category.objects.add_root(dict(_SHELF))
    kind, _ = ProductType.objects.get_or_create(code="imported", defaults={"name": "Imported"})
    slugs = _find_slugs(rows)
    products = Product.objects.bulk_create(
        Product(
            product_type=kind,
            category=shelf,
            name=(row.description or sku).title()[:200],
            slug=slugs[sku],
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
