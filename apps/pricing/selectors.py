"""Questions about prices, tax and markets; what an amount comes to is answered by the pricing rules."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Min, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject

from apps.core.rules import searchable
from apps.core.selectors import brand
from apps.core.types import Seller
from apps.pricing.errors import UnknownMarket
from apps.pricing.models import TERRITORY_NAMES, Market, Price, TaxRate
from apps.pricing.rules import (
    SHIPPING_CLASS,
    choose_rates,
    countries_to_ask,
    line_amount,
    quote,
    summed_up,
    tax_on,
    territory_of,
)
from apps.pricing.types import PriceContext, RateRow

__all__ = [
    "SHIPPING_CLASS",
    "find_prices",
    "get_market",
    "line_amount",
    "list_markets",
    "list_untaxable",
    "own_sellers",
    "price_context",
    "price_ranges",
    "quote",
    "seller_in",
    "seller_of",
    "summed_up",
    "tax_on",
    "tax_rates",
    "why_untaxed",
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


def seller_in(market: str) -> Seller:
    """Who sells in a market: its own seller, else whose shop it is; in a market that is gone as well."""
    found = own_sellers(Value(market)).first()
    return seller_of(found["facts"] if found else None)


def own_sellers(market: Combinable) -> QuerySet[Market, Any]:
    """The `facts` of the own seller of a market, to be asked along with what was sold there (`Subquery`)."""
    facts = JSONObject(
        name="seller_name",
        address="seller_address",
        vat_id="seller_vat_id",
        email="seller_email",
    )
    return Market.objects.filter(pk=market).exclude(seller_name="").values(facts=facts)


def seller_of(facts: Mapping[str, str] | None) -> Seller:
    """The seller of whom these are the facts; without any, whose shop it is."""
    if facts is None:
        return brand().seller
    return Seller(
        name=facts["name"],
        address=tuple(facts["address"].splitlines()),
        vat_id=facts["vat_id"],
        email=facts["email"],
    )


def price_context(
    *, market: Market, customer_id: int | None, channel: str, at: datetime
) -> PriceContext:
    """For whom, where and when prices are asked: in a market, by a customer or by nobody in particular."""
    return PriceContext(
        market=market.code,
        currency=market.currency,
        tax_included=market.tax_included,
        customer_id=customer_id,
        channel=channel,
        moment=at,
    )


def find_prices(skus: Collection[str], *, context: PriceContext) -> Mapping[str, Decimal]:
    """Unit prices in major units, tax as the context says, by SKU.

    A SKU without a price in the context's currency is missing.
    """
    prices = Price.objects.filter(variant__sku__in=skus, currency=context.currency)
    return dict(prices.values_list("variant__sku", "amount"))


def price_ranges(
    product_ids: Collection[int], *, context: PriceContext
) -> Mapping[int, tuple[Decimal, Decimal]]:
    """The lowest and highest unit price (major units) among each product's variants on sale."""
    prices = Price.objects.filter(
        variant__product__in=product_ids, variant__is_active=True, currency=context.currency
    )
    ranges = prices.values("variant__product").annotate(low=Min("amount"), high=Max("amount"))
    return {row["variant__product"]: (row["low"], row["high"]) for row in ranges}


def tax_rates(
    *, country: str, postcode: str = "", region: str = "", tax_classes: Collection[str]
) -> Mapping[str, Decimal]:
    """The rate of each tax class, as a fraction, for goods that go to an address.

    Raises TaxRateMissing.
    """
    rows = TaxRate.objects.filter(country__in=countries_to_ask(country), tax_class__in=tax_classes)
    fields = RateRow.__struct_fields__
    return choose_rates(
        [RateRow(**row) for row in rows.order_by("pk").values(*fields)],
        country=country,
        postcode=postcode,
        region=region,
        tax_classes=tax_classes,
    )


def list_untaxable(countries: Collection[str]) -> list[str]:
    """Those of the countries for which the shop knows no tax on its own goods' standard class."""
    asked = {one: countries_to_ask(one) for one in countries}
    whole = TaxRate.objects.filter(tax_class=SHIPPING_CLASS, region="", postcodes="")
    known = set(whole.values_list("country", flat=True))
    return sorted(
        one
        for one, those in asked.items()
        if not known & {*those} and not why_untaxed(country=one, postcode="")
    )


def why_untaxed(*, country: str, postcode: str) -> tuple[str, str] | None:
    """The place and the law by which no VAT is charged there, for people; None where VAT is charged."""
    territory = territory_of(country=country, postcode=postcode)
    if territory is None or territory.taxed_as:
        return None
    return str(TERRITORY_NAMES[territory.code]), territory.law
