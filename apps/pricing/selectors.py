"""Questions about prices, tax and markets; what an amount comes to is answered by the pricing rules."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db.models import Max, Min, QuerySet

from apps.core.rules import searchable
from apps.pricing.errors import UnknownMarket
from apps.pricing.models import Market, Price, TaxRate
from apps.pricing.rules import line_amount, quote, tax_on

__all__ = [
    "find_prices",
    "get_market",
    "line_amount",
    "list_markets",
    "price_ranges",
    "quote",
    "tax_on",
    "tax_rates",
]


def list_markets() -> QuerySet[Market]:
    """All markets, in their display order."""
    return Market.objects.order_by("position", "code")


def get_market(code: str) -> Market:
    """The market with this code. Raises UnknownMarket."""
    market = Market.objects.filter(pk=searchable(code)).first()
    if market is None:
        raise UnknownMarket
    return market


def find_prices(skus: Collection[str], *, currency: str) -> Mapping[str, Decimal]:
    """Unit prices in major units by SKU; a SKU without a price in the currency is missing."""
    prices = Price.objects.filter(variant__sku__in=skus, currency=currency)
    return dict(prices.values_list("variant__sku", "amount"))


def price_ranges(
    product_ids: Collection[int], *, currency: str
) -> Mapping[int, tuple[Decimal, Decimal]]:
    """The lowest and highest unit price (major units) among each product's variants on sale."""
    prices = Price.objects.filter(
        variant__product__in=product_ids, variant__is_active=True, currency=currency
    )
    ranges = prices.values("variant__product").annotate(low=Min("amount"), high=Max("amount"))
    return {row["variant__product"]: (row["low"], row["high"]) for row in ranges}


def tax_rates(country: str) -> Mapping[str, Decimal]:
    """The country's rate for each tax class; a class without a rate is not taxed."""
    return dict(TaxRate.objects.filter(country=country).values_list("tax_class", "rate"))
