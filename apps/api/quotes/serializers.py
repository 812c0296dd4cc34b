from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.api.adjustments.serializers import AdjustmentSerializer, shown_adjustments
from apps.api.customers.serializers import AddressSerializer, ReachableEmailField
from apps.checkout.types import SignedQuote
from apps.core.api.serializers import (
    DecimalTextField,
    LanguageField,
    MomentField,
    MoneySerializer,
    StructSerializer,
)
from apps.core.types import Money
from apps.pricing.selectors import summed_up
from apps.shipping.types import ShippingOption


class ShippingOptionSerializer(StructSerializer):
    struct = ShippingOption
    shown = ("code", "name", "promise", "price")


class ShippingQuerySerializer(serializers.Serializer[Any]):
    cart = serializers.UUIDField()
    market = serializers.CharField(max_length=10, default=settings.DEFAULT_MARKET)
    country = serializers.CharField(min_length=2, max_length=2)


class QuoteRequestSerializer(serializers.Serializer[Any]):
    cart = serializers.UUIDField()
    market = serializers.CharField(max_length=10, default=settings.DEFAULT_MARKET)
    email = ReachableEmailField(max_length=254)
    shipping_method = serializers.CharField(max_length=50)
    address = AddressSerializer()
    language = LanguageField(default=settings.LANGUAGE_CODE)


class QuoteLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    list_price = DecimalTextField(help_text="of one unit, before anything: major units")
    unit_price = DecimalTextField(help_text="major units of the quote's currency")
    amount = MoneySerializer(help_text="before adjustments")
    adjustments = AdjustmentSerializer(many=True)
    paid = MoneySerializer(help_text="the amount with its adjustments")
    tax = MoneySerializer(help_text="of what is paid")


class QuoteSerializer(serializers.Serializer[Any]):
    """lines + shipping + tax + adjustments = total; lines and shipping are without tax."""

    id = serializers.UUIDField(help_text="also the id of the order it may become")
    quote = serializers.CharField(help_text="the signed document to place the order with")
    expires_at = MomentField()
    currency = serializers.CharField()
    tax_included = serializers.BooleanField(help_text="whether line amounts contain tax")
    lines = QuoteLineSerializer(many=True)
    lines_total = MoneySerializer()
    shipping = MoneySerializer()
    tax = MoneySerializer()
    adjustments = AdjustmentSerializer(many=True)
    adjustments_total = MoneySerializer(help_text="below zero where they take off")
    total = MoneySerializer()


def represent_quote(signed: SignedQuote) -> dict[str, Any]:
    """A signed quote as the API shows it."""
    draft = signed.quote.draft
    money = {
        name: Money(getattr(draft.totals, f"{field}_minor"), draft.currency)
        for name, field in (
            ("lines_total", "lines"),
            ("shipping", "shipping"),
            ("tax", "tax"),
            ("adjustments_total", "adjustments"),
            ("total", "total"),
        )
    }
    shown = {
        "id": draft.id,
        "quote": signed.document,
        "expires_at": signed.quote.expires_at,
        "currency": draft.currency,
        "tax_included": draft.tax_included,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "list_price": line.list_price,
                "unit_price": line.unit_price,
                "amount": Money(line.amount_minor, draft.currency),
                "adjustments": shown_adjustments(line.adjustments, currency=draft.currency),
                "paid": Money(line.paid_minor, draft.currency),
                "tax": Money(line.tax_minor, draft.currency),
            }
            for line in draft.lines
        ],
        "adjustments": shown_adjustments(summed_up(draft.adjustments), currency=draft.currency),
        **money,
    }
    return dict(QuoteSerializer(shown).data)
