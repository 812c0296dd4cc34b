from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField, MoneySerializer
from apps.refunds.services import MOST_PICTURES
from apps.refunds.types import ReturnReason


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


class AskedLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)
    reason = serializers.ChoiceField(choices=[reason.value for reason in ReturnReason])


class RefundRequestBodySerializer(serializers.Serializer[Any]):
    lines = serializers.ListField(child=AskedLineSerializer(), allow_empty=False, max_length=500)
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class PicturesBodySerializer(serializers.Serializer[Any]):
    pictures = serializers.ListField(
        child=serializers.FileField(), allow_empty=False, max_length=MOST_PICTURES
    )


class RefundRequestLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(source="order_line.sku")
    title = serializers.CharField(source="order_line.title")
    quantity = serializers.IntegerField()
    reason = serializers.CharField()
    approved_quantity = serializers.IntegerField(allow_null=True)


class RefundRequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    text = serializers.CharField()
    refusal_reason = serializers.CharField()
    created_at = MomentField()
    decided_at = MomentField(allow_null=True)
    lines = RefundRequestLineSerializer(many=True)


class RefundLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    amount = MoneySerializer()


class RefundSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    request = serializers.UUIDField(source="request_id", allow_null=True)
    kind = serializers.CharField()
    state = serializers.CharField()
    amount = MoneySerializer()
    created_at = MomentField()
    paid_at = MomentField(allow_null=True)
    lines = RefundLineSerializer(many=True)


class CameBackSerializer(serializers.Serializer[Any]):
    requests = RefundRequestSerializer(many=True)
    refunds = RefundSerializer(many=True)
