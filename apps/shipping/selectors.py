"""Questions about how an order can travel."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.core.types import Money
from apps.shipping.models import Rate, Shipment, ShipmentLine
from apps.shipping.types import ShippingOption


def list_options(*, country: str, amount: Money, weight_grams: int) -> list[ShippingOption]:
    """The methods for a parcel, each at its cheapest fitting rate, in display order. One query.

    `amount` is what its goods cost; prices are in its currency, tax as the market says.
    """
    rates = (
        Rate.objects.filter(
            method__zone__countries__contains=[country],
            currency=amount.currency,
            max_weight_grams__gte=weight_grams,
            min_amount_minor__lte=amount.minor,
        )
        .select_related("method")
        .order_by("method__position", "method__code", "price_minor")
    )
    options: dict[str, ShippingOption] = {}
    for rate in rates:
        options.setdefault(
            rate.method.code,
            ShippingOption(
                code=rate.method.code,
                name=rate.method.localized("name"),
                promise=rate.method.localized("promise"),
                price=Money(rate.price_minor, rate.currency),
            ),
        )
    return list(options.values())


def list_shipments(order_id: UUID) -> QuerySet[Shipment]:
    """The order's shipments in their order, with their lines and what is in them. Two queries."""
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__position")
    shipments = Shipment.objects.filter(order=order_id).order_by("position")
    return shipments.prefetch_related(Prefetch("lines", queryset=lines))
