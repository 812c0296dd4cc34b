"""The figures of a sale add up, always; and known sales come to what a person computes."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.types import Money
from apps.pricing import rules
from apps.pricing.errors import TaxRateMissing
from apps.pricing.rules import (
    choose_rates,
    countries_to_ask,
    line_amount,
    misfit_of,
    quote,
    tax_on,
    territory_of,
)
from apps.pricing.types import (
    LineToPrice,
    PricedLine,
    RateRow,
    ShippingToPrice,
    Territory,
    Totals,
)

CURRENCIES = st.sampled_from(["JPY", "GBP", "EUR", "KWD"])
RATES = st.decimals(min_value=0, max_value=Decimal("0.5"), places=5)


@st.composite
def lines(draw: st.DrawFn) -> LineToPrice:
    return LineToPrice(
        quantity=draw(st.integers(1, 9_999)),
        unit_price=draw(st.decimals(min_value=0, max_value=99_999, places=4)),
        tax_rate=draw(RATES),
        discount_minor=draw(st.integers(0, 500)),
    )


SHIPPINGS = st.builds(ShippingToPrice, amount_minor=st.integers(0, 100_000), tax_rate=RATES)
SALES = {
    "to_price": st.lists(lines(), max_size=20),
    "shipping": SHIPPINGS,
    "currency": CURRENCIES,
    "tax_included": st.booleans(),
}


class TestQuote:
    @given(**SALES)
    def test_adds_up(
        self,
        to_price: list[LineToPrice],
        shipping: ShippingToPrice,
        currency: str,
        tax_included: bool,
    ) -> None:
        priced = quote(
            lines=to_price, shipping=shipping, currency=currency, tax_included=tax_included
        )

        totals = priced.totals
        assert totals.total_minor == (
            totals.lines_minor + totals.shipping_minor + totals.tax_minor - totals.discount_minor
        )
        assert len(priced.lines) == len(to_price)

    @given(**SALES)
    def test_charges_what_the_shopper_was_shown(
        self,
        to_price: list[LineToPrice],
        shipping: ShippingToPrice,
        currency: str,
        tax_included: bool,
    ) -> None:
        """Computed once more here: with tax inside, the total is the sum of the prices shown."""
        priced = quote(
            lines=to_price, shipping=shipping, currency=currency, tax_included=tax_included
        )

        shown = sum(line.amount_minor for line in priced.lines) + shipping.amount_minor
        discount = sum(line.discount_minor for line in to_price)
        on_top = 0 if tax_included else priced.totals.tax_minor
        assert priced.totals.total_minor == shown - discount + on_top
        assert priced.totals.discount_minor == discount

    @given(**SALES)
    def test_taxes_each_line_to_within_half_a_minor_unit(
        self,
        to_price: list[LineToPrice],
        shipping: ShippingToPrice,
        currency: str,
        tax_included: bool,
    ) -> None:
        priced = quote(
            lines=to_price, shipping=shipping, currency=currency, tax_included=tax_included
        )

        for line, result in zip(to_price, priced.lines, strict=True):
            taxable = result.amount_minor - line.discount_minor
            rate = Fraction(line.tax_rate)
            exact = taxable * (rate / (1 + rate) if tax_included else rate)
            assert abs(result.tax_minor - exact) <= Fraction(1, 2) + Fraction(1, 10**9)

    def test_with_tax_in_the_prices(self) -> None:
        """2 × £4.20 with 20 % inside: 8.40 of which 1.40 is tax; postage 3.95 of which 0.66."""
        priced = quote(
            lines=[
                LineToPrice(quantity=2, unit_price=Decimal("4.20"), tax_rate=Decimal("0.2")),
            ],
            shipping=ShippingToPrice(amount_minor=395, tax_rate=Decimal("0.2")),
            currency="GBP",
            tax_included=True,
        )

        assert priced.lines == (PricedLine(amount_minor=840, tax_minor=140),)
        assert priced.totals == Totals(
            lines_minor=700,
            shipping_minor=329,
            tax_minor=206,
            discount_minor=0,
            total_minor=1235,
        )

    def test_with_tax_on_top_of_the_prices(self) -> None:
        """3 × $9.99 at 8.875 %: 29.97, tax 2.66 (2.6598…); postage 5.00 untaxed."""
        priced = quote(
            lines=[
                LineToPrice(quantity=3, unit_price=Decimal("9.99"), tax_rate=Decimal("0.08875")),
            ],
            shipping=ShippingToPrice(amount_minor=500, tax_rate=Decimal(0)),
            currency="USD",
            tax_included=False,
        )

        assert priced.totals == Totals(
            lines_minor=2997,
            shipping_minor=500,
            tax_minor=266,
            discount_minor=0,
            total_minor=3763,
        )

    def test_with_a_discount_taxes_what_is_left(self) -> None:
        """€10.00 less €1.00 at 19 % inside: tax on 9.00 is 1.44 (1.4370)."""
        priced = quote(
            lines=[
                LineToPrice(
                    quantity=1,
                    unit_price=Decimal("10.00"),
                    tax_rate=Decimal("0.19"),
                    discount_minor=100,
                ),
            ],
            shipping=ShippingToPrice(amount_minor=0, tax_rate=Decimal("0.19")),
            currency="EUR",
            tax_included=True,
        )

        assert priced.totals == Totals(
            lines_minor=856,
            shipping_minor=0,
            tax_minor=144,
            discount_minor=100,
            total_minor=900,
        )

    def test_in_a_currency_without_decimals(self) -> None:
        """3 × ¥333 at 10 % inside: 999, tax 91 (90.8); postage ¥500, tax 45 (45.45)."""
        priced = quote(
            lines=[LineToPrice(quantity=3, unit_price=Decimal(333), tax_rate=Decimal("0.1"))],
            shipping=ShippingToPrice(amount_minor=500, tax_rate=Decimal("0.1")),
            currency="JPY",
            tax_included=True,
        )

        assert (priced.totals.tax_minor, priced.totals.total_minor) == (136, 1499)

    def test_of_nothing_is_the_shipping(self) -> None:
        priced = quote(
            lines=[],
            shipping=ShippingToPrice(amount_minor=395, tax_rate=Decimal(0)),
            currency="GBP",
            tax_included=True,
        )

        assert (priced.lines, priced.totals.total_minor) == ((), 395)


class TestLineAmount:
    @pytest.mark.parametrize(
        ("unit_price", "quantity", "currency", "minor"),
        [
            ("0.0125", 1, "GBP", 1),
            ("0.0125", 10, "GBP", 13),
            ("0.0125", 1_000, "GBP", 1_250),
            ("0.5", 1, "JPY", 1),
            ("0.0005", 3, "KWD", 2),
        ],
    )
    def test_rounds_once_after_multiplying(
        self, unit_price: str, quantity: int, currency: str, minor: int
    ) -> None:
        amount = line_amount(unit_price=Decimal(unit_price), quantity=quantity, currency=currency)

        assert amount == Money(minor, currency)


class TestTaxOn:
    @pytest.mark.parametrize(
        ("minor", "rate", "tax_included", "tax"),
        [
            (1200, "0.2", True, 200),
            (1000, "0.2", False, 200),
            (1190, "0.19", True, 190),
            (5, "0.1", False, 1),
            (4, "0.1", False, 0),
            (1000, "0", True, 0),
        ],
    )
    def test_is_what_a_person_computes(
        self, minor: int, rate: str, tax_included: bool, tax: int
    ) -> None:
        computed = tax_on(amount=Money(minor, "EUR"), rate=Decimal(rate), tax_included=tax_included)

        assert computed == tax


def row(country: str, rate: str, **part: str) -> RateRow:
    return RateRow(country=country, tax_class="standard", rate=Decimal(rate), **part)


ROWS = (
    *(row(country, "0.2") for country in ("ES", "FI", "FR", "GB", "GR", "IT", "DE", "US")),
    row("DK", "0.25"),
    row("ES", "0.07", postcodes="3"),
    row("ES", "0.03", postcodes="38001, 38100..38199"),
    row("PT", "0.23"),
    row("PT", "0.16", postcodes="9500..9999"),
    row("PT", "0.22", postcodes="9000..9399"),
    row("US", "0.0725", region="CA"),
    row("US", "0.095", region="CA", postcodes="900"),
)


class TestMisfitOf:
    @pytest.mark.parametrize(
        ("postcodes", "misfit"),
        [
            ("", ""),
            ("35, 38", ""),
            ("9500..9999, 35", ""),
            ("9500..9500", ""),
            ("9999..9500", "9999..9500"),
            ("95..9999", "95..9999"),
            ("35, 9500..99, 1..22", "9500..99"),
        ],
    )
    def test_is_the_first_range_that_names_nothing(self, postcodes: str, misfit: str) -> None:
        assert misfit_of(postcodes) == misfit


class TestChooseRates:
    @pytest.mark.parametrize(
        ("country", "postcode", "region", "rate"),
        [
            ("ES", "28001", "", "0.2"),
            # A part that the shop has given a rate of its own, though it is outside the VAT area.
            ("ES", "35001", "", "0.07"),
            ("ES", "38001", "", "0.03"),
            ("ES", "38150", "", "0.03"),
            ("ES", "38200", "", "0.07"),
            ("ES", "51001", "", "0"),
            ("ES", "52006", "", "0"),
            ("PT", "1100-148", "", "0.23"),
            ("PT", "9400-001", "", "0.23"),
            ("PT", "9500-321", "", "0.16"),
            ("PT", "9000-018", "", "0.22"),
            ("US", "10001", "NY", "0.2"),
            ("US", "94016", "ca", "0.0725"),
            ("US", "90001", "CA", "0.095"),
            ("FI", "22100", "", "0"),
            ("FI", "00100", "", "0.2"),
            ("AX", "22100", "", "0"),
            ("GR", "630 86", "", "0"),
            ("GR", "104 31", "", "0.2"),
            ("IT", "23041", "", "0"),
            ("IT", "22061", "", "0"),
            ("IT", "23030", "", "0.2"),
            ("DE", "27498", "", "0"),
            ("DE", "78266", "", "0"),
            ("FR", "97400", "", "0"),
            ("FR", "98000", "", "0.2"),
            ("MC", "98000", "", "0.2"),
            ("IM", "IM1 1AA", "", "0.2"),
            ("JE", "JE2 3AB", "", "0"),
            ("GG", "GY1 1AA", "", "0"),
            ("GB", "JE2 3AB", "", "0"),
            ("GB", "GY1 1AA", "", "0"),
            ("GB", "JA1 1AA", "", "0.2"),
            ("DK", "3900", "", "0"),
            ("DK", "3400", "", "0.25"),
            ("GL", "3900", "", "0"),
            ("RE", "97400", "", "0"),
            ("GB", "BT1 5GS", "", "0.2"),
        ],
    )
    def test_takes_the_narrowest(self, country: str, postcode: str, region: str, rate: str) -> None:
        rates = choose_rates(
            ROWS, country=country, postcode=postcode, region=region, tax_classes={"standard"}
        )

        assert rates == {"standard": Decimal(rate)}

    def test_prefers_a_countrys_own_to_what_it_borrows(self) -> None:
        for rows in ([row("MC", "0.1"), row("FR", "0.2")], [row("FR", "0.2"), row("MC", "0.1")]):
            rates = choose_rates(
                rows, country="MC", postcode="98000", region="", tax_classes={"standard"}
            )
            assert rates == {"standard": Decimal("0.1")}

    def test_prefers_more_of_a_postcode_to_a_region(self) -> None:
        rows = (
            row("US", "0.3", postcodes="9000, 90"),
            row("US", "0.2", region="CA", postcodes="900"),
            row("US", "0.1", region="CA"),
        )

        for ordered in (rows, rows[::-1]):
            rates = choose_rates(
                ordered, country="US", postcode="90001", region="CA", tax_classes={"standard"}
            )
            assert rates == {"standard": Decimal("0.3")}

    def test_borrows_a_countrys_rate_and_not_those_of_its_parts(self) -> None:
        parts = (row("FR", "0.1", postcodes="980"), row("FR", "0.05", region="Corse"))

        rates = choose_rates(
            (row("FR", "0.2"), *parts),
            country="MC",
            postcode="98000",
            region="Corse",
            tax_classes={"standard"},
        )

        assert rates == {"standard": Decimal("0.2")}
        with pytest.raises(TaxRateMissing):
            choose_rates(parts, country="MC", postcode="98000", region="", tax_classes={"standard"})

    def test_of_a_range_takes_its_ends_and_whole_codes_only(self) -> None:
        rows = (row("PT", "0.23"), row("PT", "0.16", postcodes="9500..9502"))

        found = [
            choose_rates(rows, country="PT", postcode=one, region="", tax_classes={"standard"})
            for one in ("9499", "9500", "9502-999", "9503", "950")
        ]

        assert [str(one["standard"]) for one in found] == ["0.23", "0.16", "0.16", "0.23", "0.23"]

    def test_charges_nothing_outside_the_vat_area_but_what_was_given_for_it(self) -> None:
        rows = (row("ES", "0.21"), row("ES", "0.07", postcodes="35"))

        rates = choose_rates(
            rows, country="ES", postcode="35001", region="", tax_classes={"standard", "books"}
        )

        assert rates == {"standard": Decimal("0.07"), "books": Decimal(0)}

    @pytest.mark.parametrize("country", ["CH", "NO", "XX"])
    def test_refuses_to_guess(self, country: str) -> None:
        with pytest.raises(TaxRateMissing) as refusal:
            choose_rates(
                ROWS, country=country, postcode="", region="", tax_classes={"standard", "books"}
            )

        assert refusal.value.details == {"country": country, "tax_classes": ["books", "standard"]}

    def test_prefers_a_region_to_its_country(self) -> None:
        rows = (row("US", "0.2", region="CA"), row("US", "0.1"))

        for ordered in (rows, rows[::-1]):
            rates = choose_rates(
                ordered, country="US", postcode="", region="ca", tax_classes={"standard"}
            )
            assert rates == {"standard": Decimal("0.2")}


class TestTerritories:
    def test_are_written_by_name_and_prefixes(self) -> None:
        places = rules._outside("ES", "a law", north="35", south=("51", "52"))

        assert places == [
            Territory(code="north", country="ES", law="a law", postcodes=("35",)),
            Territory(code="south", country="ES", law="a law", postcodes=("51", "52")),
        ]

    @pytest.mark.parametrize(
        ("country", "postcode", "code"),
        [
            ("GB", "bt1 5gs", "northern_ireland"),
            ("GB", "SW1A 1AA", None),
            ("MC", "", "monaco"),
            ("DE", "27498", "heligoland"),
            ("DE", "", None),
        ],
    )
    def test_are_told_by_country_and_postcode(
        self, country: str, postcode: str, code: str | None
    ) -> None:
        found = territory_of(country=country, postcode=postcode)

        assert (found and found.code) == code

    @pytest.mark.parametrize(
        ("country", "asked"),
        [("MC", {"MC", "FR"}), ("IM", {"IM", "GB"}), ("GB", {"GB"}), ("JE", {"JE"})],
    )
    def test_tell_whose_rates_may_hold(self, country: str, asked: set[str]) -> None:
        assert set(countries_to_ask(country)) == asked
