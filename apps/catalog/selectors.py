"""Questions about the catalogue."""

from collections.abc import Collection, Mapping

from django.core.files.storage import default_storage
from django.db.models import Prefetch, Q, QuerySet

from apps.catalog.models import (
    Attribute,
    Category,
    Product,
    ProductImage,
    ProductType,
    PublicationState,
    Variant,
)
from apps.catalog.types import DeclaredAttribute
from apps.core.rules import searchable


def list_categories() -> QuerySet[Category]:
    """The whole tree in reading order; `depth` tells the level."""
    categories: QuerySet[Category] = Category.objects.order_by("path")
    return categories


def find_category(slug: str) -> Category | None:
    """The category with this slug."""
    found: Category | None = Category.objects.filter(slug=searchable(slug)).first()
    return found


def list_products(*, category: Category | None = None, words: str = "") -> QuerySet[Product]:
    """Published products, of a category with all below it, that contain every word."""
    products = Product.objects.filter(state=PublicationState.PUBLISHED)
    if category is not None:
        products = products.filter(category__path__startswith=category.path)
    for word in searchable(words).split()[:8]:
        products = products.filter(
            Q(name__icontains=word)
            | Q(summary__icontains=word)
            | Q(brand__name__icontains=word)
            | Q(variants__sku__iexact=word)
        )
    if words:
        products = products.distinct()
    return products.select_related("brand", "category").order_by("position", "id")


def find_product(slug: str) -> Product | None:
    """A published product with its variants, pictures and attributes, in four queries."""
    return (
        Product.objects.filter(state=PublicationState.PUBLISHED, slug=slug)
        .select_related("brand", "category", "product_type")
        .prefetch_related(
            Prefetch("variants", Variant.objects.filter(is_active=True).order_by("position", "id")),
            Prefetch("images", ProductImage.objects.order_by("position", "id")),
            "product_type__attributes",
        )
        .first()
    )


def first_images(product_ids: Collection[int]) -> Mapping[int, str]:
    """The address of the picture that stands for each product; a product without one is missing."""
    images = (
        ProductImage.objects.filter(product__in=product_ids)
        .order_by("product", "position", "id")
        .distinct("product")
    )
    return {
        product: default_storage.url(name)
        for product, name in images.values_list("product", "image")
    }


def list_declared(product_type: ProductType) -> list[DeclaredAttribute]:
    """What a product type declares, in its order of display."""
    attributes = Attribute.objects.filter(product_type=product_type).order_by("position", "id")
    return [
        DeclaredAttribute(code=one.code, kind=one.kind, choices=tuple(one.choices))
        for one in attributes
    ]


def is_on_sale(sku: str) -> bool:
    """Whether a variant can be put into a cart."""
    return Variant.objects.filter(
        sku=searchable(sku), is_active=True, product__state=PublicationState.PUBLISHED
    ).exists()
