from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import MoneySerializer
from apps.core.types import Money
from apps.pricing.types import Adjustment, AdjustmentScope


class AdjustmentSerializer(serializers.Serializer[Any]):
    """What changes a price: a discount is below zero, tax as the market says."""

    code = serializers.CharField(help_text="stable")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="what the shopper reads"
    )
    scope = serializers.ChoiceField(
        choices=[one.value for one in AdjustmentScope],
        help_text="what it was meant for; the order's is borne by its lines in parts",
    )
    amount = MoneySerializer()


def shown_adjustments(
    adjustments: Iterable[Adjustment], *, currency: str
) -> list[dict[str, object]]:
    """Adjustments in a currency, as their serializer shows them."""
    return [
        {
            "code": one.code,
            "label": one.label,
            "scope": one.scope.value,
            "amount": Money(one.amount_minor, currency),
        }
        for one in adjustments
    ]
