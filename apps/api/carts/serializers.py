from typing import Any, ClassVar

from rest_framework import serializers

from apps.cart.models import MAX_QUANTITY
from apps.cart.types import CartItem, PricedCart
from apps.core.api.serializers import StructSerializer


class CartItemSerializer(StructSerializer):
    struct = CartItem
    shown = (
        "sku", "product_slug", "title", "options", "image", "quantity", "amount", "free_units",
        "later_units", "is_buyable",
    )  # fmt: skip
    help_texts = {
        "amount": "null if it is not sold here any more",
        "later_units": "how many of this line are on back-order and ship later",
    }

    image = serializers.CharField(source="image.url")


class CartSerializer(StructSerializer):
    struct = PricedCart
    shown: ClassVar[tuple[str, ...]] = ("id", "version", "items", "subtotal")

    items = CartItemSerializer(many=True)


class NewCartSerializer(CartSerializer):
    shown = (*CartSerializer.shown, "secret")

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
