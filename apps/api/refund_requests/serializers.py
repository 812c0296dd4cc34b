from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MomentField, MoneySerializer
from apps.refunds.services import MOST_PICTURES
from apps.refunds.types import ReturnReason


class AskedLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)
    reason = serializers.ChoiceField(choices=[reason.value for reason in ReturnReason])


class RefundRequestBodySerializer(serializers.Serializer[Any]):
    lines = serializers.ListField(child=AskedLineSerializer(), allow_empty=False, max_length=500)
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class PicturesBodySerializer(serializers.Serializer[Any]):
    pictures = serializers.ListField(
        child=serializers.FileField(), allow_empty=False, max_length=MOST_PICTURES
    )


class RefundRequestLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(source="order_line.sku")
    title = serializers.CharField(source="order_line.title")
    quantity = serializers.IntegerField()
    reason = serializers.CharField()
    approved_quantity = serializers.IntegerField(allow_null=True)


class RefundRequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    text = serializers.CharField()
    refusal_reason = serializers.CharField()
    created_at = MomentField()
    decided_at = MomentField(allow_null=True)
    lines = RefundRequestLineSerializer(many=True)


class RefundLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    amount = MoneySerializer()


class RefundSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    request = serializers.UUIDField(source="request_id", allow_null=True)
    kind = serializers.CharField()
    state = serializers.CharField()
    amount = MoneySerializer()
    created_at = MomentField()
    paid_at = MomentField(allow_null=True)
    lines = RefundLineSerializer(many=True)


class CameBackSerializer(serializers.Serializer[Any]):
    requests = RefundRequestSerializer(many=True)
    refunds = RefundSerializer(many=True)
