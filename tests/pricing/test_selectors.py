"""Questions about markets, prices and rates."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apps.pricing import selectors
from apps.pricing.errors import TaxRateMissing, UnknownMarket
from apps.pricing.models import Price, TaxRate
from apps.pricing.rules import TERRITORIES
from apps.pricing.types import PriceContext
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.factories.shop import open_market, prices_in, stock_variant

pytestmark = pytest.mark.django_db


class TestGetMarket:
    def test_finds_by_code(self) -> None:
        assert selectors.get_market(open_market(code="gb").code).currency == "GBP"

    def test_refuses_an_unknown_code(self) -> None:
        with pytest.raises(UnknownMarket):
            selectors.get_market("zz")


class TestListMarkets:
    def test_is_in_display_order(self) -> None:
        for position, code in ((2, "aa"), (1, "zz"), (1, "bb")):
            market = open_market(code=code)
            market.position = position
            market.save()

        assert [market.code for market in selectors.list_markets()] == ["bb", "zz", "aa"]


class TestPriceContext:
    def test_is_of_its_market(self) -> None:
        market = open_market(code="us", currency="USD", country="US")
        market.tax_included = False
        at = timezone.now()

        context = selectors.price_context(market=market, customer_id=7, channel="api", at=at)

        assert context == PriceContext(
            market="us",
            currency="USD",
            tax_included=False,
            customer_id=7,
            channel="api",
            moment=at,
        )


class TestFindPrices:
    def test_leaves_out_what_has_no_price_in_the_currency(self) -> None:
        priced, other = stock_variant(price="4.20"), stock_variant(price="5", currency="EUR")

        found = selectors.find_prices([priced.sku, other.sku, "NOPE"], context=prices_in())

        assert found == {priced.sku: Decimal("4.2000")}


class TestPriceRanges:
    def test_spans_the_variants_on_sale(self) -> None:
        product = ProductFactory.create()
        for amount, is_active in (("4.20", True), ("9.90", True), ("1.00", False)):
            variant = VariantFactory.create(product=product, is_active=is_active)
            Price.objects.create(variant=variant, currency="GBP", amount=Decimal(amount))

        ranges = selectors.price_ranges([product.pk], context=prices_in())

        assert ranges == {product.pk: (Decimal("4.20"), Decimal("9.90"))}


class TestTaxRates:
    def test_are_the_countrys_by_class(self) -> None:
        for country, tax_class, rate in (
            ("DE", "standard", "0.19"),
            ("DE", "reduced", "0.07"),
            ("GB", "standard", "0.2"),
        ):
            TaxRate.objects.create(country=country, tax_class=tax_class, rate=Decimal(rate))

        rates = selectors.tax_rates(country="DE", tax_classes={"standard", "reduced"})

        assert rates == {"standard": Decimal("0.19"), "reduced": Decimal("0.07")}
        with pytest.raises(TaxRateMissing):
            selectors.tax_rates(country="FR", tax_classes={"standard"})

    def test_are_borrowed_by_who_is_treated_as_a_neighbour(self) -> None:
        TaxRate.objects.create(country="FR", tax_class="standard", rate=Decimal("0.2"))

        assert selectors.list_untaxable(["FR", "MC", "GP", "JE", "CH", "IM"]) == ["CH", "IM"]
        assert selectors.tax_rates(country="MC", tax_classes={"standard"}) == {
            "standard": Decimal("0.2")
        }


class TestWhyUntaxed:
    def test_has_a_name_for_every_place(self) -> None:
        for one in TERRITORIES:
            (postcode, *_) = one.postcodes or ("",)
            why = selectors.why_untaxed(country=one.country, postcode=postcode)
            assert bool(why) is not bool(one.taxed_as)
