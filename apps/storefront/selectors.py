"""The catalogue with prices and stock, as one market's shoppers see it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError

from apps.catalog.models import Category, Product, ProductImage, Variant
from apps.catalog.selectors import find_product, first_images, list_products, shown_picture
from apps.catalog.types import ShownPicture
from apps.core.rules import round_money
from apps.core.types import Money
from apps.inventory.selectors import availability, products_in_stock
from apps.inventory.types import Availability
from apps.invoicing.selectors import list_documents
from apps.orders.models import Order
from apps.orders.selectors import find_order
from apps.pricing.models import Market
from apps.pricing.selectors import find_prices, price_ranges
from apps.refunds.errors import NothingLeftToReturn
from apps.refunds.selectors import (
    is_returnable,
    list_line_accounts,
    list_refunds,
    list_requests,
    return_address,
)
from apps.refunds.types import AskedLine
from apps.storefront.types import (
    AttributeView,
    CameBack,
    CardPage,
    ImageView,
    ProductCard,
    ProductView,
    ReturnableLine,
    VariantView,
)

PAGE_SIZE = 24
_NOTHING = Availability()


def list_cards(
    *,
    market: Market,
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
        cards=make_cards(list(found), market=market), total=total, page=page, pages=pages
    )


def list_highlights(*, market: Market, count: int = 8) -> tuple[ProductCard, ...]:
    """The first product of each shelf, at most `count`, in four queries."""
    found = (
        list_products()
        .order_by("category__path", "position", "id")
        .distinct("category__path")[:count]
    )
    return make_cards(list(found), market=market)


def make_cards(products: Sequence[Product], *, market: Market) -> tuple[ProductCard, ...]:
    """Cards of the given products: three queries for prices, stock and pictures."""
    ids = [product.pk for product in products]
    ranges = price_ranges(ids, currency=market.currency)
    stocked = products_in_stock(ids)
    images = first_images(ids)
    cards = []
    for product in products:
        lowest, highest = ranges.get(product.pk, (None, None))
        cards.append(
            ProductCard(
                slug=product.slug,
                name=product.name,
                summary=product.summary,
                brand=product.brand.name if product.brand else "",
                category=product.category.slug,
                image=images.get(product.pk, ShownPicture()),
                price_from=_money(lowest, market.currency),
                has_price_range=lowest != highest,
                in_stock=product.pk in stocked,
            )
        )
    return tuple(cards)


def view_product(slug: str, *, market: Market) -> ProductView | None:
    """A published product as its page shows it, in seven queries."""
    product = find_product(slug)
    if product is None:
        return None
    variants = list(product.variants.all())
    skus = [variant.sku for variant in variants]
    prices = find_prices(skus, currency=market.currency)
    stock = availability(skus)
    return ProductView(
        slug=product.slug,
        name=product.name,
        summary=product.summary,
        description=product.description,
        brand=product.brand.name if product.brand else "",
        category=product.category.slug,
        category_name=product.category.name,
        attributes=_attributes_of(product),
        images=tuple(map(_image_view, product.images.all())),
        variants=tuple(
            VariantView(
                sku=variant.sku,
                options=variant.options,
                option_text=variant.option_text,
                weight_grams=variant.weight_grams,
                price=_money(prices.get(variant.sku), market.currency),
                free_units=stock.get(variant.sku, _NOTHING).free,
                backorder_left=stock.get(variant.sku, _NOTHING).backorder_left,
            )
            for variant in variants
        ),
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
        alt=image.alt,
        width=shown.width,
        height=shown.height,
    )


def _attributes_of(product: Product) -> tuple[AttributeView, ...]:
    declared = sorted(product.product_type.attributes.all(), key=lambda one: (one.position, one.pk))
    return tuple(
        AttributeView(
            code=attribute.code,
            name=attribute.name,
            value=product.attributes[attribute.code],
            unit=attribute.unit,
        )
        for attribute in declared
        if product.attributes.get(attribute.code) not in (None, "")
    )


def unit_money(amount: Decimal, currency: str) -> Money:
    """A unit price as it is shown: rounded to what the currency can pay."""
    return round_money(amount=amount, currency=currency)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else unit_money(amount, currency)


def list_returnable(order: Order) -> list[ReturnableLine]:
    """The lines of an order with what of each can be sent back now; none of an order that was stopped."""
    if not is_returnable(order):
        return []
    accounts = list_line_accounts(order)
    variants = Variant.objects.filter(sku__in=[one.sku for one in accounts])
    products = dict(variants.values_list("sku", "product_id"))
    images = first_images(set(products.values()))
    return [
        ReturnableLine(
            order_line_id=one.order_line_id,
            title=one.title,
            options=one.options,
            image=images.get(products.get(one.sku, 0), ShownPicture()),
            quantity=one.quantity,
            free=one.free,
            free_later=one.free_later,
        )
        for one in accounts
    ]


def what_came_back(order_id: UUID) -> CameBack | None:
    """What was asked, granted and issued about an order; None while it, or the database, is not there."""
    try:
        order = find_order(order_id)
        if order is None:
            return None
        can_ask, can_ask_later = _what_can_go_back(order)
        return CameBack(
            requests=tuple(one for one in list_requests(order_id) if one.state != "approved"),
            refunds=tuple(list_refunds(order_id)),
            documents=tuple(list_documents(order_id)),
            can_ask=can_ask,
            can_ask_later=can_ask_later,
            send_to=return_address(),
        )
    except (OperationalError, InterfaceError):
        return None


def _what_can_go_back(order: Order) -> tuple[bool, bool]:
    """Whether some of the order can be asked back now, and whether some can once it has been sent."""
    if not is_returnable(order):
        return False, False
    if not any(line.shipped_quantity for line in order.lines.all()):
        return False, True
    accounts = list_line_accounts(order)
    return any(one.free for one in accounts), any(one.free_later for one in accounts)


def lines_of_skus(order: Order, *, asked: Sequence[Mapping[str, Any]]) -> list[AskedLine]:
    """The order's lines behind what an API names by SKU; of two lines the one with more units left.

    Raises NothingLeftToReturn for a SKU that the order does not have.
    """
    accounts = sorted(list_line_accounts(order), key=lambda one: one.free)
    by_sku = {one.sku: one.order_line_id for one in accounts}
    for one in asked:
        if one["sku"] not in by_sku:
            raise NothingLeftToReturn(sku=one["sku"], left=0)
    return [
        AskedLine(order_line_id=by_sku[one["sku"]], quantity=one["quantity"], reason=one["reason"])
        for one in asked
    ]
