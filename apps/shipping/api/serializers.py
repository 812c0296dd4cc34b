from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField
from apps.shipping.rules import CALLED_BACK


class TrackingSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(required=False, max_length=50)
    number = serializers.CharField(required=False, max_length=100)
    url = serializers.URLField(required=False, max_length=500, help_text="https only")


class CalledLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)


class CallbackSerializer(serializers.Serializer[Any]):
    """What fulfilment tells about a shipment; without `lines` it is about all of its units."""

    id = serializers.UUIDField(help_text="of this callback: a repeat of it changes nothing")
    shipment = serializers.UUIDField()
    status = serializers.ChoiceField(choices=sorted(CALLED_BACK))
    occurred_at = MomentField()
    tracking = TrackingSerializer(required=False)
    lines = serializers.ListField(child=CalledLineSerializer(), required=False, max_length=500)
    reason = serializers.CharField(required=False, max_length=200)


class VerdictSerializer(serializers.Serializer[Any]):
    outcome = serializers.CharField(
        help_text="applied, ignored (nothing new), or late (the goods had been given up)"
    )
