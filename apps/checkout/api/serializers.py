from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import AddressSerializer, ReachableEmailField
from apps.checkout.types import SignedQuote
from apps.core.api.serializers import MomentField, MoneySerializer
from apps.core.types import Money


class ShippingOptionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    promise = serializers.CharField()
    price = MoneySerializer()


class ShippingQuerySerializer(serializers.Serializer[Any]):
    cart = serializers.UUIDField()
    market = serializers.CharField(max_length=10, default="gb")
    country = serializers.CharField(min_length=2, max_length=2)


class QuoteRequestSerializer(serializers.Serializer[Any]):
    cart = serializers.UUIDField()
    market = serializers.CharField(max_length=10, default="gb")
    email = ReachableEmailField(max_length=254)
    shipping_method = serializers.CharField(max_length=50)
    address = AddressSerializer()
    language = serializers.ChoiceField(choices=["en", "de"], default="en")


class QuoteLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = serializers.CharField(help_text="major units of the quote's currency")
    amount = MoneySerializer()
    tax = MoneySerializer()


class QuoteSerializer(serializers.Serializer[Any]):
    """lines + shipping + tax − discount = total; lines and shipping are without tax."""

    id = serializers.UUIDField(help_text="also the id of the order it may become")
    quote = serializers.CharField(help_text="the signed document to place the order with")
    expires_at = MomentField()
    currency = serializers.CharField()
    tax_included = serializers.BooleanField(help_text="whether line amounts contain tax")
    lines = QuoteLineSerializer(many=True)
    lines_total = MoneySerializer()
    shipping = MoneySerializer()
    tax = MoneySerializer()
    discount = MoneySerializer()
    total = MoneySerializer()


class PlaceSerializer(serializers.Serializer[Any]):
    quote = serializers.CharField(max_length=300_000)
    payment_token = serializers.CharField(
        max_length=255,
        help_text="what stands for the payment at the payment provider (docs/payments.md)",
    )
    payment_provider = serializers.CharField(
        max_length=20, help_text="the name of one of those that the shop offers"
    )


class PlacementSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    status_url = serializers.CharField()


class TimelineEntrySerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    occurred_at = MomentField()


class ShipmentLineSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField()
    title = serializers.CharField()

    def to_representation(self, instance: tuple[int, str]) -> dict[str, Any]:
        quantity, title = instance
        return {"quantity": quantity, "title": title}


class ShipmentProgressSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    status = serializers.CharField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    lines = ShipmentLineSerializer(many=True)


class ProgressSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="order_id")
    number = serializers.CharField()
    status = serializers.CharField(help_text="accepted until the order is processed")
    reason = serializers.CharField()
    reason_details = serializers.DictField()
    total = MoneySerializer(allow_null=True)
    action_url = serializers.CharField(help_text="where the shopper must confirm the payment")
    timeline = TimelineEntrySerializer(many=True)
    shipments = ShipmentProgressSerializer(many=True)


def represent_quote(signed: SignedQuote) -> dict[str, Any]:
    """A signed quote as the API shows it."""
    draft = signed.quote.draft
    money = {
        name: Money(getattr(draft.totals, f"{field}_minor"), draft.currency)
        for name, field in (
            ("lines_total", "lines"),
            ("shipping", "shipping"),
            ("tax", "tax"),
            ("discount", "discount"),
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
                "unit_price": f"{line.unit_price.normalize():f}",
                "amount": Money(line.amount_minor, draft.currency),
                "tax": Money(line.tax_minor, draft.currency),
            }
            for line in draft.lines
        ],
        **money,
    }
    return dict(QuoteSerializer(shown).data)
