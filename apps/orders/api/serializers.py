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
