"""The catalogue with prices and stock, as one market's shoppers see it: what lists and pages are read from."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.catalog.models import Category, Product, ProductDocument, ProductImage, Variant
from apps.catalog.selectors import find_product, first_images, list_products, shown_picture
from apps.catalog.types import AttributeKind, DocumentKind, ShownPicture
from apps.core.models import localized
from apps.core.rules import round_money
from apps.core.types import Money, Words
from apps.inventory.selectors import availability, products_in_stock
from apps.inventory.types import Availability
from apps.pricing.selectors import find_prices, price_ranges
from apps.pricing.types import PriceContext
from apps.search.registry import list_extras
from apps.search.types import (
    AttributeView,
    CardPage,
    DocumentView,
    ImageView,
    OptionValueView,
    OptionView,
    ProductCard,
    ProductView,
    TagView,
    VariantView,
)

PAGE_SIZE = 24


_NOTHING = Availability()


def list_cards(
    *,
    context: PriceContext,
    category: Category | None = None,
    words: str = "",
    page: int = 1,
    page_size: int = PAGE_SIZE,
) -> CardPage:
    """One page of products as cards, in five queries however long the page."""
    products = list_products(category=category, words=words)
    total = products.count()
    pages = max(1, -(-total // page_size))
    page = min(max(page, 1), pages)
    found = products[(page - 1) * page_size : page * page_size]
    return CardPage(
        cards=make_cards(list(found), context=context), total=total, page=page, pages=pages
    )


def list_highlights(*, context: PriceContext, count: int = 8) -> tuple[ProductCard, ...]:
    """The first product of each shelf, at most `count`, in four queries."""
    found = (
        list_products()
        .order_by("category__path", "position", "id")
        .distinct("category__path")[:count]
    )
    return make_cards(list(found), context=context)


def make_cards(products: Sequence[Product], *, context: PriceContext) -> tuple[ProductCard, ...]:
    """Cards of the given products: three queries for prices, stock and pictures."""
    ids = [product.pk for product in products]
    ranges = price_ranges(ids, context=context)
    stocked = products_in_stock(ids)
    images = first_images(ids)
    cards = []
    for product in products:
        lowest, highest = ranges.get(product.pk, (None, None))
        cards.append(
            ProductCard(
                slug=product.slug,
                name=product.localized("name"),
                summary=product.localized("summary"),
                brand=product.brand.name if product.brand else "",
                category=product.category.slug,
                image=images.get(product.pk, ShownPicture()),
                price_from=_money(lowest, context.currency),
                has_price_range=lowest != highest,
                in_stock=product.pk in stocked,
            )
        )
    return tuple(cards)


def view_product(slug: str, *, context: PriceContext) -> ProductView | None:
    """A published product as its page shows it, in eight queries."""
    product = find_product(slug)
    if product is None:
        return None
    variants = list(product.variants.all())
    skus = [variant.sku for variant in variants]
    prices = find_prices(skus, context=context)
    stock = availability(skus)
    return ProductView(
        slug=product.slug,
        name=product.localized("name"),
        summary=product.localized("summary"),
        description=product.localized("description"),
        brand=product.brand.name if product.brand else "",
        category=product.category.slug,
        category_name=product.category.localized("name"),
        attributes=_attributes_of(product),
        images=tuple(map(_image_view, product.images.all())),
        extras=list_extras(product.pk),
        tags=tuple(map(_tag_view, getattr(product, "tag_facts", ()))),
        documents=tuple(map(_document_view, product.documents.all())),
        options=_options_of(variants),
        variants=tuple(
            VariantView(
                sku=variant.sku,
                gtin=variant.gtin,
                options={one["option"]: _localized(one) for one in _chosen(variant)},
                option_text=variant.localized("option_text"),
                pack=variant.pack,
                weight_grams=variant.weight_grams,
                price=_money(prices.get(variant.sku), context.currency),
                free_units=stock.get(variant.sku, _NOTHING).free,
                backorder_left=stock.get(variant.sku, _NOTHING).backorder_left,
            )
            for variant in variants
        ),
    )


def _options_of(variants: Sequence[Variant]) -> tuple[OptionView, ...]:
    """The options of the variants, each with the values that are on sale."""
    names: dict[str, str] = {}
    values: dict[str, dict[str, tuple[int, str]]] = {}
    for variant in variants:
        for one in _chosen(variant):
            names[one["option"]] = _localized(one, "option_")
            values.setdefault(one["option"], {})[one["code"]] = (one["position"], _localized(one))
    return tuple(
        OptionView(
            code=code,
            name=name,
            values=tuple(
                OptionValueView(code=value, name=value_name)
                for value, (_, value_name) in sorted(
                    values[code].items(), key=lambda item: (item[1][0], item[0])
                )
            ),
        )
        for code, name in names.items()
    )


def _chosen(variant: Variant) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = getattr(variant, "chosen_options", ())
    return found


def _tag_view(facts: dict[str, Any]) -> TagView:
    return TagView(code=facts["code"], name=_localized(facts))


def _localized(facts: dict[str, Any], prefix: str = "") -> Words:
    """The name among facts that came along with another row."""
    return localized(
        "name", own=facts[f"{prefix}name"], translations=facts[f"{prefix}translations"]
    )


def _document_view(document: ProductDocument) -> DocumentView:
    return DocumentView(
        kind=DocumentKind(document.kind),
        kind_name=document.get_kind_display(),
        language=document.language,
        title=document.title,
        url=document.file.url,
        size=document.size,
    )


def _image_view(image: ProductImage) -> ImageView:
    shown = shown_picture(
        image.image.name,
        renditions=getattr(image, "renditions", None),
        width=image.width,
        height=image.height,
    )
    return ImageView(
        url=shown.url,
        srcset=shown.srcset,
        alt=image.localized("alt"),
        width=shown.width,
        height=shown.height,
    )


def _attributes_of(product: Product) -> tuple[AttributeView, ...]:
    return tuple(
        AttributeView(
            code=one.attribute.code,
            name=one.attribute.localized("name"),
            kind=AttributeKind(one.attribute.kind),
            value=one.value,
            unit=one.attribute.unit,
        )
        for one in product.attribute_values.all()
    )


def unit_money(amount: Decimal, currency: str) -> Money:
    """A unit price in major units as it is shown: rounded to what the currency can pay."""
    return round_money(amount=amount, currency=currency)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else unit_money(amount, currency)
