from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField, MoneySerializer


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


class TimelineEntrySerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    occurred_at = MomentField()


class ShipmentLineSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField()
    title = serializers.CharField()

    def to_representation(self, instance: tuple[int, str]) -> dict[str, Any]:
        """A pair of units and title, each under its name."""
        quantity, title = instance
        return {"quantity": quantity, "title": title}


class ShipmentProgressSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    status = serializers.CharField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    lines = ShipmentLineSerializer(many=True)


class ProgressSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="order_id")
    number = serializers.CharField()
    status = serializers.CharField(help_text="accepted until the order is processed")
    reason = serializers.CharField()
    reason_details = serializers.DictField()
    total = MoneySerializer(allow_null=True)
    action_url = serializers.CharField(help_text="where the shopper must confirm the payment")
    timeline = TimelineEntrySerializer(many=True)
    shipments = ShipmentProgressSerializer(many=True)
