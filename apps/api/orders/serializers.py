from typing import Any

from rest_framework import serializers

from apps.checkout.types import OrderProgress, ShipmentProgress, TimelineEntry
from apps.core.api.serializers import MomentField, MoneySerializer, StructSerializer


class OrderLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.CharField()
    quantity = serializers.IntegerField()
    amount = MoneySerializer()


class OrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    reason = serializers.CharField()
    accepted_at = MomentField()
    total = MoneySerializer()
    tax = MoneySerializer()
    lines = OrderLineSerializer(many=True)


class OrderPageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = OrderSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    quote = serializers.CharField(max_length=300_000)
    payment_token = serializers.CharField(
        max_length=255,
        help_text="what stands for the payment at the payment provider (docs/payments.md)",
    )
    payment_provider = serializers.CharField(
        max_length=20, help_text="the name of one of those that the shop offers"
    )


class PlacementSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    status_url = serializers.CharField()


class TimelineEntrySerializer(StructSerializer):
    struct = TimelineEntry
    shown = ("type", "occurred_at")


class ShipmentLineSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField()
    title = serializers.CharField()

    def to_representation(self, instance: tuple[int, str]) -> dict[str, Any]:
        """A pair of units and title, each under its name."""
        quantity, title = instance
        return {"quantity": quantity, "title": title}


class ShipmentProgressSerializer(StructSerializer):
    struct = ShipmentProgress
    shown = ("number", "status", "carrier", "tracking_number", "tracking_url", "lines")

    lines = ShipmentLineSerializer(many=True)


class ProgressSerializer(StructSerializer):
    struct = OrderProgress
    shown = (
        "id", "number", "status", "reason", "reason_details", "total", "action_url", "timeline",
        "shipments",
    )  # fmt: skip
    help_texts = {
        "status": "accepted until the order is processed",
        "action_url": "where the shopper must confirm the payment",
    }

    id = serializers.UUIDField(source="order_id")
    timeline = TimelineEntrySerializer(many=True)
    shipments = ShipmentProgressSerializer(many=True)
