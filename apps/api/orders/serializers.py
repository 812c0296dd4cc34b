from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.api.adjustments.serializers import AdjustmentSerializer, shown_adjustments
from apps.checkout.types import OrderProgress, ShipmentProgress, TimelineEntry
from apps.core.api.serializers import (
    DecimalTextField,
    MomentField,
    MoneySerializer,
    StructSerializer,
)
from apps.orders.models import Order
from apps.orders.selectors import adjustments_of


class OrderLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.CharField()
    quantity = serializers.IntegerField()
    list_price = DecimalTextField(help_text="of one unit, before anything: major units")
    unit_price = DecimalTextField(help_text="major units of the order's currency")
    amount = MoneySerializer(help_text="before adjustments")
    adjustments = AdjustmentSerializer(many=True)
    paid = MoneySerializer(help_text="the amount with its adjustments")


class OrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    reason = serializers.CharField()
    accepted_at = MomentField()
    total = MoneySerializer()
    tax = MoneySerializer()
    adjustments = serializers.SerializerMethodField()
    lines = OrderLineSerializer(many=True)

    @extend_schema_field(AdjustmentSerializer(many=True))
    def get_adjustments(self, order: Order) -> list[Any]:
        """What changed the order's price, the parts of each added up."""
        shown = shown_adjustments(adjustments_of(order), currency=order.currency)
        return list(AdjustmentSerializer(shown, many=True).data)


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
