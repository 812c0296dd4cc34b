from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MoneySerializer


class CategorySerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    depth = serializers.IntegerField(
        help_text="1 is the top of the tree; the list is in tree order"
    )


class ProductListItemSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    brand = serializers.CharField()
    category = serializers.CharField(help_text="the category's slug")
    image = serializers.CharField(source="image.url", allow_blank=True)
    price_from = MoneySerializer(allow_null=True)
    in_stock = serializers.BooleanField()


class CardPageSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    products = ProductListItemSerializer(source="cards", many=True)


class MarketSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()
    tax_included = serializers.BooleanField()
    countries = serializers.ListField(child=serializers.CharField())


class VariantSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    options = serializers.DictField()
    weight_grams = serializers.IntegerField()
    price = MoneySerializer(allow_null=True)
    free_units = serializers.IntegerField()
    backorder_left = serializers.IntegerField(
        help_text="units that could be ordered and ship later"
    )


class AttributeValueSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    value = serializers.JSONField()
    unit = serializers.CharField()


class ImageSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    srcset = serializers.CharField(
        allow_blank=True, help_text="its renditions by width, as an HTML page takes them"
    )
    alt = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ProductSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    description = serializers.CharField()
    brand = serializers.CharField()
    category = serializers.CharField()
    attributes = AttributeValueSerializer(many=True)
    images = ImageSerializer(many=True)
    variants = VariantSerializer(many=True)
    extras = serializers.DictField(
        source="extra_data", help_text="what installed add-ons say of it, by their names"
    )
