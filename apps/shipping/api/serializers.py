from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField
from apps.shipping.rules import CALLED_BACK


class TrackingSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(required=False)
    number = serializers.CharField(required=False)
    url = serializers.URLField(required=False, help_text="https only")


class CalledLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    quantity = serializers.IntegerField(min_value=1)


class CallbackSerializer(serializers.Serializer[Any]):
    """What fulfilment tells about a shipment; without `lines` it is about all of its units."""

    id = serializers.UUIDField(help_text="of this callback: a repeat of it changes nothing")
    shipment = serializers.UUIDField()
    status = serializers.ChoiceField(choices=sorted(CALLED_BACK))
    occurred_at = MomentField()
    tracking = TrackingSerializer(required=False)
    lines = CalledLineSerializer(many=True, required=False)
    reason = serializers.CharField(required=False)


class VerdictSerializer(serializers.Serializer[Any]):
    outcome = serializers.CharField(
        help_text="applied, ignored (nothing new), or late (the goods had been given up)"
    )
