from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.api.adjustments.serializers import AdjustmentSerializer, shown_adjustments
from apps.checkout.types import (
    AmountDue,
    OrderProgress,
    ShipmentProgress,
    TimelineEntry,
    WayToPay,
)
from apps.core.api.serializers import (
    DecimalTextField,
    MomentField,
    MoneySerializer,
    StructSerializer,
)
from apps.orders.models import Order
from apps.orders.selectors import adjustments_of
from apps.payments.types import MOST_SHARES


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


class WayToPaySerializer(serializers.Serializer[Any]):
    provider = serializers.CharField(
        max_length=20, help_text="the name of one of those that the shop offers"
    )
    token = serializers.CharField(
        max_length=255,
        help_text="what stands for the payment at the payment provider (docs/payments.md)",
    )

    def to_internal_value(self, data: Any) -> Any:
        """The fields as `checkout` takes them."""
        fields = super().to_internal_value(data)
        return WayToPay(
            gateway=fields["provider"],
            token=fields["token"],
            amount=fields.get("amount"),
            attempt=fields.get("attempt", ""),
        )


class PaymentSerializer(WayToPaySerializer):
    attempt = serializers.CharField(
        required=False,
        max_length=20,
        help_text="`due.attempt` of the status: a repeat then pays nothing else",
    )


class ShareSerializer(WayToPaySerializer):
    amount = serializers.DecimalField(
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text="major units of the quote's currency; the last may go without, and takes the rest",
    )


_EITHER = "Give payments, or payment_provider and payment_token, but not both."


class PlaceSerializer(serializers.Serializer[Any]):
    """`payments`, or `payment_provider` and `payment_token` where one pays the whole."""

    quote = serializers.CharField(max_length=300_000)
    payments = serializers.ListField(
        child=ShareSerializer(),
        required=False,
        min_length=1,
        max_length=MOST_SHARES,
        help_text="in the order in which money is held and goes back; what they do not cover is paid later",
    )
    payment_token = serializers.CharField(
        max_length=255,
        required=False,
        help_text="what stands for the payment at the payment provider (docs/payments.md)",
    )
    payment_provider = serializers.CharField(
        max_length=20, required=False, help_text="the name of one of those that the shop offers"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way to pay becomes a list of one. Raises ValidationError."""
        if "payments" in attrs:
            if {"payment_token", "payment_provider"} & attrs.keys():
                raise serializers.ValidationError({"payments": _EITHER})
            return attrs
        missing = [one for one in ("payment_token", "payment_provider") if one not in attrs]
        if missing:
            raise serializers.ValidationError(
                {one: self.fields[one].error_messages["required"] for one in missing}
            )
        way = WayToPay(gateway=attrs["payment_provider"], token=attrs["payment_token"])
        return {**attrs, "payments": [way]}


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


class AmountDueSerializer(StructSerializer):
    struct = AmountDue
    shown = ("amount", "all_of_it", "attempt", "is_declined")
    help_texts = {"amount": "what the next payment is of", "all_of_it": "all that is due"}


class ProgressSerializer(StructSerializer):
    struct = OrderProgress
    shown = (
        "id", "number", "status", "reason", "reason_details", "total", "action_url", "due",
        "held", "pay_by", "timeline", "shipments",
    )  # fmt: skip
    help_texts = {
        "status": "accepted until the order is processed",
        "action_url": "where the shopper must confirm the payment",
        "due": "what another payment is needed for, if anything",
        "held": "what banks hold for an order that waits for its payment",
        "pay_by": "until when the goods are kept for the payment",
    }

    id = serializers.UUIDField(source="order_id")
    due = AmountDueSerializer(allow_null=True)
    timeline = TimelineEntrySerializer(many=True)
    shipments = ShipmentProgressSerializer(many=True)
