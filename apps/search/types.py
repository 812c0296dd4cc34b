"""What a shopper sees of the catalogue in one market."""

from typing import Any

import msgspec

from apps.catalog.types import AttributeKind, DocumentKind, Pack, ShownPicture
from apps.core.types import Money


class ProductCard(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list."""

    slug: str
    name: str
    summary: str
    brand: str
    category: str
    image: ShownPicture
    price_from: Money | None
    has_price_range: bool
    in_stock: bool


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing."""

    cards: tuple[ProductCard, ...]
    total: int
    page: int
    pages: int

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.page < self.pages

    @property
    def has_previous(self) -> bool:
        """Whether another page comes before."""
        return self.page > 1


class VariantView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be put into the cart, at today's price and stock."""

    sku: str
    gtin: str
    options: dict[str, Any]
    option_text: str
    pack: Pack | None
    weight_grams: int
    price: Money | None
    free_units: int
    backorder_left: int

    @property
    def is_available(self) -> bool:
        """Whether it can be ordered, from the house or on back-order."""
        return self.free_units + self.backorder_left > 0

    @property
    def ships_later(self) -> bool:
        """Whether it can be ordered, but none is in the house."""
        return self.free_units == 0 and self.backorder_left > 0


class OptionValueView(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str


class OptionView(msgspec.Struct, frozen=True, kw_only=True):
    """Along what the variants of a product differ, with the values that any of them has, in order."""

    code: str
    name: str
    values: tuple[OptionValueView, ...]


class AttributeView(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str
    kind: AttributeKind
    value: Any
    unit: str


class ImageView(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    srcset: str
    alt: str
    width: int
    height: int


class TagView(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A PDF about a product; `size` in bytes, `language` of the text."""

    kind: DocumentKind
    kind_name: str
    language: str
    title: str
    url: str
    size: int


class ProductExtra(msgspec.Struct, frozen=True, kw_only=True):
    """What another app says of a product: plain values, and the template that shows them on its page."""

    name: str
    template: str
    data: dict[str, Any]


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """A product with all that its page shows."""

    slug: str
    name: str
    summary: str
    description: str
    brand: str
    category: str
    category_name: str
    attributes: tuple[AttributeView, ...]
    images: tuple[ImageView, ...]
    tags: tuple[TagView, ...]
    documents: tuple[DocumentView, ...]
    options: tuple[OptionView, ...]
    variants: tuple[VariantView, ...]
    extras: tuple[ProductExtra, ...] = ()

    @property
    def in_stock(self) -> bool:
        """Whether any variant can be ordered, from the house or on back-order."""
        return any(variant.is_available for variant in self.variants)

    @property
    def extra_data(self) -> dict[str, dict[str, Any]]:
        """What other apps say of it, by their names."""
        return {one.name: one.data for one in self.extras}

    @property
    def is_buyable(self) -> bool:
        """Whether any variant has a price in the market and can be ordered."""
        return any(variant.is_available and variant.price for variant in self.variants)
