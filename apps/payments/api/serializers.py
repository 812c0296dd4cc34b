from typing import Any

from rest_framework import serializers

from apps.payments.models import EventOutcome


class WebhookOutcomeSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=EventOutcome.choices)
