from typing import Any

from rest_framework import serializers

from apps.catalog.types import DocumentKind, Pack, PackUnit
from apps.core.api.serializers import LocalizedField, StructSerializer
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


class CategorySerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = LocalizedField()
    summary = LocalizedField()
    depth = serializers.IntegerField(
        help_text="1 is the top of the tree; the list is in tree order"
    )


class ProductListItemSerializer(StructSerializer):
    struct = ProductCard
    shown = (
        "slug", "name", "summary", "brand", "category", "image", "price_from", "in_stock",
    )  # fmt: skip
    help_texts = {"category": "the category's slug"}

    image = serializers.CharField(source="image.url", allow_blank=True)


class CardPageSerializer(StructSerializer):
    struct = CardPage
    shown = ("total", "page", "pages", "products")

    products = ProductListItemSerializer(source="cards", many=True)


class MarketSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = LocalizedField()
    currency = serializers.CharField()
    tax_included = serializers.BooleanField()
    countries = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="BCP 47; the first is the market's own"
    )
    default_country = serializers.CharField(
        source="home", help_text="with which an address begins whose country is unknown"
    )


class OptionValueSerializer(StructSerializer):
    struct = OptionValueView
    shown = ("code", "name")


class OptionSerializer(StructSerializer):
    struct = OptionView
    shown = ("code", "name", "values")

    values = OptionValueSerializer(many=True)


class PackSerializer(StructSerializer):
    struct = Pack
    shown = ("amount", "unit", "pieces")
    help_texts = {"pieces": "how many pieces the pack holds"}

    amount = serializers.CharField(help_text="how much is in each piece, a decimal number")
    unit = serializers.ChoiceField(choices=list(PackUnit))


class VariantSerializer(StructSerializer):
    struct = VariantView
    shown = (
        "sku", "gtin", "options", "pack", "weight_grams", "price", "free_units", "backorder_left",
    )  # fmt: skip
    help_texts = {
        "options": "the name of its value, by the code of each of the product's options",
        "backorder_left": "units that could be ordered and ship later",
    }

    gtin = serializers.CharField(
        allow_blank=True, help_text="the number below the bar code (GTIN-8, -12, -13 or -14)"
    )
    pack = PackSerializer(allow_null=True, help_text="null where nobody has measured it")


class AttributeValueSerializer(StructSerializer):
    struct = AttributeView
    shown = ("code", "name", "value", "unit")


class ImageSerializer(StructSerializer):
    struct = ImageView
    shown = ("url", "srcset", "alt", "width", "height")

    srcset = serializers.CharField(
        allow_blank=True, help_text="its renditions by width, as an HTML page takes them"
    )


class TagSerializer(StructSerializer):
    struct = TagView
    shown = ("code", "name")


class DocumentSerializer(StructSerializer):
    struct = DocumentView
    shown = ("kind", "language", "title", "url", "size")
    help_texts = {"language": "of its text (BCP 47)", "size": "in bytes"}

    kind = serializers.ChoiceField(choices=list(DocumentKind))


class ProductSerializer(StructSerializer):
    struct = ProductView
    shown = (
        "slug", "name", "summary", "description", "brand", "category", "tags", "attributes", "images",
        "documents", "options", "variants", "extras",
    )  # fmt: skip

    attributes = AttributeValueSerializer(many=True)
    images = ImageSerializer(many=True)
    tags = TagSerializer(many=True)
    documents = DocumentSerializer(many=True, help_text="papers about it, as PDF")
    options = OptionSerializer(
        many=True, help_text="along what its variants differ, each with the values that are on sale"
    )
    variants = VariantSerializer(many=True)
    extras = serializers.DictField(
        source="extra_data", help_text="what installed add-ons say of it, by their names"
    )
