"""A small shop that can sell: a market with tax, shipping and stocked, priced variants."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from apps.catalog.models import Variant
from apps.inventory.services import set_opening_stock
from apps.pricing.models import Market, Price, TaxRate
from apps.pricing.selectors import price_context
from apps.pricing.types import PriceContext
from apps.shipping.models import Method, Rate, Zone
from tests.factories.catalog import VariantFactory


def open_market(*, code: str = "gb", currency: str = "GBP", country: str = "GB") -> Market:
    """A market with 20 % tax and one shipping method, `standard`, at 3.95."""
    market, _ = Market.objects.get_or_create(
        code=code,
        defaults={
            "name": country,
            "currency": currency,
            "countries": [country],
            "languages": [language for language, _ in settings.LANGUAGES],
        },
    )
    TaxRate.objects.get_or_create(
        country=country, tax_class="standard", defaults={"rate": Decimal("0.2")}
    )
    zone, _ = Zone.objects.get_or_create(name=country, defaults={"countries": [country]})
    method, _ = Method.objects.get_or_create(
        zone=zone, code="standard", defaults={"name": "Standard", "promise": "2–4 working days"}
    )
    Rate.objects.get_or_create(
        method=method, currency=currency, max_weight_grams=1_000_000, defaults={"price_minor": 395}
    )
    return market


def prices_in(market: Market | None = None, *, customer_id: int | None = None) -> PriceContext:
    """The prices of a market as the API asks for them, by default of one that sells in pounds."""
    return price_context(
        market=market or Market(code="gb", currency="GBP"),
        customer_id=customer_id,
        channel="api",
        at=timezone.now(),
    )


def stock_variants(
    many: Iterable[Mapping[str, object]], *, price: str = "4.20", on_hand: int = 100
) -> list[Variant]:
    """Variants of one product each, as `stock_variant` makes them; the first of a hundred costs most."""
    variants = [VariantFactory.create(**fields) for fields in many]
    Price.objects.bulk_create(
        Price(variant=one, currency="GBP", amount=Decimal(price)) for one in variants
    )
    set_opening_stock(quantities={one.sku: on_hand for one in variants}, reference="test")
    return variants


def stock_variant(
    *, price: str = "4.20", currency: str = "GBP", on_hand: int = 100, **fields: object
) -> Variant:
    """A variant on sale, priced and in stock."""
    variant = VariantFactory.create(**fields)
    Price.objects.create(variant=variant, currency=currency, amount=Decimal(price))
    set_opening_stock(quantities={variant.sku: on_hand}, reference="test")
    return variant
