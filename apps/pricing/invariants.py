"""What prices promise: wherever the shop sells, it knows the tax."""

from apps.core.types import Invariant, Scope
from apps.pricing.rules import SHIPPING_CLASS, TERRITORIES

_TREATED_AS = ", ".join(
    f"('{one.country}', '{one.taxed_as}')"
    for one in TERRITORIES
    if one.taxed_as and not one.postcodes
)
_UNTAXED = ", ".join(
    f"'{one.country}'" for one in TERRITORIES if not one.taxed_as and not one.postcodes
)

SCOPES: tuple[Scope, ...] = ()

INVARIANTS = (
    Invariant(
        code="I13",
        promise="every country of a market has a rate for each tax class that the shop uses",
        sql=f"""
        SELECT market.code, format('no rate of %%s for the class %%s', served.country, used.tax_class)
        FROM pricing_market market
        CROSS JOIN LATERAL unnest(market.countries) AS served (country)
        CROSS JOIN (
            SELECT tax_class FROM pricing_taxrate UNION SELECT '{SHIPPING_CLASS}'
            UNION SELECT tax_class FROM catalog_variant WHERE is_active
        ) used
        WHERE served.country NOT IN ({_UNTAXED}) AND NOT EXISTS (
            SELECT FROM pricing_taxrate rate WHERE rate.tax_class = used.tax_class
                AND rate.region = '' AND rate.postcodes = ''
                AND (rate.country = served.country
                    OR (served.country, rate.country) IN ({_TREATED_AS})))
        """,
    ),
)
