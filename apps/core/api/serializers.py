from datetime import UTC
from typing import Any

from rest_framework import serializers

from apps.core.types import Money


class MomentField(serializers.DateTimeField):
    """A moment, always told in UTC, and taken for UTC where it names no zone: programs know no seller."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class MoneySerializer(serializers.Serializer[Money]):
    """An exact amount in major units, as a decimal string, with its currency (ISO 4217)."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem document; `code` is stable, `detail` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
