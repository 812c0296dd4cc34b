from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField
from apps.inventory.types import MOST_UNITS


class LevelRowSerializer(serializers.Serializer[Any]):
    """What is on hand of one SKU."""

    sku = serializers.CharField(max_length=64)
    on_hand = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)
    key = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="your own name for this row: it is applied once, whenever it is sent",
    )


class LevelReportSerializer(serializers.Serializer[Any]):
    """A report of levels as it is documented; its rows are judged one by one."""

    warehouse = serializers.CharField(max_length=50)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=100, required=False, allow_blank=True, default=""
    )
    sent_at = MomentField(help_text="when the levels were read; an older one is stale")
    rows = serializers.ListField(child=LevelRowSerializer(), min_length=1, max_length=1000)


class EnvelopeSerializer(serializers.Serializer[Any]):
    """The report around its rows, which may hold anything: one bad row must not refuse the others."""

    warehouse = serializers.CharField(max_length=50)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=100, required=False, allow_blank=True, default=""
    )
    sent_at = MomentField()
    rows = serializers.ListField(min_length=1, max_length=1000)


class LevelResultSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    status = serializers.ChoiceField(choices=["changed", "unchanged", "rejected", "stale"])
    on_hand = serializers.IntegerField(allow_null=True, help_text="as it is now")
    code = serializers.CharField(allow_blank=True, help_text="why a row was not applied")
    detail = serializers.CharField(allow_blank=True)


class LevelResultsSerializer(serializers.Serializer[Any]):
    results = LevelResultSerializer(many=True)
