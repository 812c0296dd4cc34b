from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField


class ReceiptNoteSerializer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    received_at = MomentField()
    acknowledged_at = MomentField(required=False, allow_null=True)


class ReceiptBookSerializer(serializers.Serializer[Any]):
    """The events that a downstream system has; at most 500."""

    system = serializers.CharField(max_length=30)
    receipts = serializers.ListField(child=ReceiptNoteSerializer(), max_length=500)


class UnknownEventsSerializer(serializers.Serializer[Any]):
    unknown = serializers.ListField(
        child=serializers.UUIDField(), help_text="ids that this shop has never announced"
    )
