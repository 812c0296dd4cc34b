from typing import Any

from rest_framework import serializers

from apps.cart.models import MAX_QUANTITY
from apps.core.api.serializers import MoneySerializer


class CartItemSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    product_slug = serializers.CharField()
    title = serializers.CharField()
    options = serializers.CharField()
    image = serializers.CharField(source="image.url")
    quantity = serializers.IntegerField()
    amount = MoneySerializer(allow_null=True, help_text="null if it is not sold here any more")
    free_units = serializers.IntegerField()
    later_units = serializers.IntegerField(
        help_text="how many of this line are on back-order and ship later"
    )
    is_buyable = serializers.BooleanField()


class CartSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    items = CartItemSerializer(many=True)
    subtotal = MoneySerializer()


class NewCartSerializer(CartSerializer):
    secret = serializers.CharField(
        help_text="for guests: send it as `Guest-Secret` with each request about this cart"
    )


class AddLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)


class SetQuantitySerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(
        min_value=0, max_value=MAX_QUANTITY, help_text="0 removes the line"
    )
