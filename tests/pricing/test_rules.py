"""The figures of a sale add up, always; and known sales come to what a person computes."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.types import Money
from apps.pricing import rules
from apps.pricing.errors import AdjustedBelowZero, TaxRateMissing
from apps.pricing.rules import (
    choose_rates,
    countries_to_ask,
    distribute,
    line_amount,
    misfit_of,
    quote,
    summed_up,
    tax_on,
    territory_of,
)
from apps.pricing.types import (
    Adjustment,
    AdjustmentScope,
    LineToPrice,
    PricedLine,
    RateRow,
    ShippingToPrice,
    Territory,
    Totals,
)

RATES = st.decimals(min_value=0, max_value=Decimal("0.5"), places=5)


def off(
    minor: int, *, scope: AdjustmentScope = AdjustmentScope.ORDER, code: str = "sale"
) -> Adjustment:
    return Adjustment(
        code=code, label="Sale", scope=scope, amount_minor=minor, source="promotion:12"
    )


def bearable(
    draw: st.DrawFn, *, minor: int, scope: AdjustmentScope, most: int = 3
) -> tuple[Adjustment, ...]:
    """A few adjustments, one after the other, that an amount can bear."""
    borne: list[Adjustment] = []
    for number in range(draw(st.integers(0, most))):
        some = draw(st.integers(-minor, 1_000))
        borne.append(off(some, scope=scope, code=f"{scope}{number}"))
        minor += some
    return tuple(borne)


def amount_of(line: LineToPrice, *, currency: str) -> int:
    """What a line's units come to, with its own adjustments."""
    amount = line_amount(unit_price=line.unit_price, quantity=line.quantity, currency=currency)
    return amount.minor + sum(one.amount_minor for one in line.adjustments)


@st.composite
def sales(draw: st.DrawFn) -> dict[str, Any]:
    """What the quote rule is asked: lines, shipping and an order, each with what it can bear."""
    currency = draw(st.sampled_from(["JPY", "GBP", "EUR", "KWD"]))
    lines = []
    for _ in range(draw(st.integers(0, 12))):
        price = draw(st.decimals(min_value=0, max_value=99_999, places=4))
        bare = LineToPrice(
            quantity=draw(st.integers(1, 9_999)),
            list_price=price,
            unit_price=price,
            tax_rate=draw(RATES),
        )
        own = bearable(draw, minor=amount_of(bare, currency=currency), scope=AdjustmentScope.LINE)
        lines.append(msgspec.structs.replace(bare, adjustments=own))
    postage = draw(st.integers(0, 100_000))
    goods = sum(amount_of(line, currency=currency) for line in lines)
    return {
        "lines": lines,
        "shipping": ShippingToPrice(
            amount_minor=postage,
            tax_rate=draw(RATES),
            adjustments=bearable(draw, minor=postage, scope=AdjustmentScope.SHIPPING),
        ),
        "adjustments": bearable(draw, minor=goods, scope=AdjustmentScope.ORDER) if lines else (),
        "currency": currency,
        "tax_included": draw(st.booleans()),
    }


class TestQuote:
    @given(sale=sales())
    def test_adds_up(self, sale: dict[str, Any]) -> None:
        priced = quote(**sale)

        totals = priced.totals
        assert totals.total_minor == (
            totals.lines_minor + totals.shipping_minor + totals.tax_minor + totals.adjustments_minor
        )
        assert len(priced.lines) == len(sale["lines"])

    @given(sale=sales())
    def test_charges_what_the_shopper_was_shown(self, sale: dict[str, Any]) -> None:
        """Computed once more here: with tax inside, the total is the sum of the prices shown."""
        priced = quote(**sale)

        shown = sum(line.amount_minor for line in priced.lines) + sale["shipping"].amount_minor
        asked = [
            *sale["adjustments"],
            *sale["shipping"].adjustments,
            *(one for line in sale["lines"] for one in line.adjustments),
        ]
        adjustments = sum(one.amount_minor for one in asked)
        on_top = 0 if sale["tax_included"] else priced.totals.tax_minor
        assert priced.totals.total_minor == shown + adjustments + on_top
        assert priced.totals.adjustments_minor == adjustments

    @given(sale=sales())
    def test_takes_nothing_below_zero_and_says_what_each_bears(self, sale: dict[str, Any]) -> None:
        priced = quote(**sale)

        for one in (*priced.lines, priced.shipping):
            borne = sum(part.amount_minor for part in one.adjustments)
            assert one.paid_minor == one.amount_minor + borne >= 0
        for line, result in zip(sale["lines"], priced.lines, strict=True):
            assert result.adjustments[: len(line.adjustments)] == line.adjustments
        assert priced.shipping.adjustments == sale["shipping"].adjustments

    @given(sale=sales())
    def test_divides_each_adjustment_of_the_order_over_its_lines(
        self, sale: dict[str, Any]
    ) -> None:
        priced = quote(**sale)

        parts = [
            part
            for line in priced.lines
            for part in line.adjustments
            if part.scope is AdjustmentScope.ORDER
        ]
        for asked in sale["adjustments"]:
            own = [part for part in parts if part.code == asked.code]
            assert sum(part.amount_minor for part in own) == asked.amount_minor
            assert all(part.amount_minor * asked.amount_minor > 0 for part in own)
            assert {msgspec.structs.replace(part, amount_minor=0) for part in own} <= {
                msgspec.structs.replace(asked, amount_minor=0)
            }

    @given(sale=sales())
    def test_taxes_what_is_paid_to_within_half_a_minor_unit(self, sale: dict[str, Any]) -> None:
        priced = quote(**sale)

        rates = [*(line.tax_rate for line in sale["lines"]), sale["shipping"].tax_rate]
        for given_rate, result in zip(rates, (*priced.lines, priced.shipping), strict=True):
            rate = Fraction(given_rate)
            exact = result.paid_minor * (rate / (1 + rate) if sale["tax_included"] else rate)
            assert abs(result.tax_minor - exact) <= Fraction(1, 2) + Fraction(1, 10**9)
        assert priced.totals.tax_minor == sum(
            one.tax_minor for one in (*priced.lines, priced.shipping)
        )

    def test_with_adjustments_of_every_scope(self) -> None:
        """2 × £4.20 less £1.01, 3 × £1.00; £2.00 off the order: 142 of 739 to 300, 58. Free delivery."""
        one, fifth = Decimal(1), Decimal("0.2")

        priced = quote(
            lines=[
                LineToPrice(
                    quantity=2,
                    list_price=Decimal(5),
                    unit_price=Decimal("4.20"),
                    tax_rate=fifth,
                    adjustments=(off(-101, scope=AdjustmentScope.LINE),),
                ),
                LineToPrice(quantity=3, list_price=one, unit_price=one, tax_rate=Decimal(0)),
            ],
            shipping=ShippingToPrice(
                amount_minor=395,
                tax_rate=fifth,
                adjustments=(off(-395, scope=AdjustmentScope.SHIPPING),),
            ),
            adjustments=[off(-200)],
            currency="GBP",
            tax_included=True,
        )

        first, second = priced.lines
        assert (first.amount_minor, first.paid_minor, first.tax_minor) == (840, 597, 100)
        assert first.adjustments == (off(-101, scope=AdjustmentScope.LINE), off(-142))
        assert (second.paid_minor, second.tax_minor, second.adjustments) == (242, 0, (off(-58),))
        assert (priced.shipping.paid_minor, priced.shipping.tax_minor) == (0, 0)
        assert priced.totals == Totals(
            lines_minor=1040,
            shipping_minor=395,
            tax_minor=100,
            adjustments_minor=-696,
            total_minor=839,
        )

    @pytest.mark.parametrize(
        ("own", "order", "on_shipping", "is_borne"),
        [(-840, 0, -395, True), (-841, 0, 0, False), (0, 0, -396, False), (-800, -40, 0, True),
         (-800, -41, 0, False), (0, -841, 0, False)],
    )  # fmt: skip
    def test_refuses_to_take_off_more_than_there_is(
        self, own: int, order: int, on_shipping: int, is_borne: bool
    ) -> None:
        price = Decimal("4.20")
        line = LineToPrice(
            quantity=2,
            list_price=price,
            unit_price=price,
            tax_rate=Decimal(0),
            adjustments=(off(own, code="own"),),
        )
        shipping = ShippingToPrice(
            amount_minor=395, tax_rate=Decimal(0), adjustments=(off(on_shipping, code="post"),)
        )
        asked = {
            "lines": [line],
            "shipping": shipping,
            "adjustments": [off(order, code="order")],
            "currency": "GBP",
            "tax_included": True,
        }
        if is_borne:
            assert quote(**asked).totals.adjustments_minor == own + order + on_shipping
            return
        with pytest.raises(AdjustedBelowZero) as refusal:
            quote(**asked)
        guilty = "post" if on_shipping else "order" if order else "own"
        assert refusal.value.details == {"code": guilty}

    @pytest.mark.parametrize("minor", [-1, 1])
    def test_of_an_order_needs_a_line_that_bears_it(self, minor: int) -> None:
        with pytest.raises(AdjustedBelowZero):
            distribute([off(minor)], over=[])

    def test_adds_to_an_order_that_comes_to_nothing(self) -> None:
        assert distribute([off(5)], over=[0, 0]) == [(off(5),), ()]

    def test_rounds_what_is_taken_off_as_what_is_added(self) -> None:
        for sign in (-1, 1):
            parts = distribute([off(sign * 3)], over=[50, 50])
            assert parts == [(off(sign * 2),), (off(sign),)]

    def test_takes_two_adjustments_off_what_is_left_of_each_line(self) -> None:
        """Each alone would round the first line's part up to 1: together they would take off 2 of it."""
        first, second = off(-1, code="a"), off(-1, code="b")

        assert distribute([first, second], over=[1, 1]) == [(first,), (second,)]

    def test_with_tax_in_the_prices(self) -> None:
        """2 × £4.20 with 20 % inside: 8.40 of which 1.40 is tax; postage 3.95 of which 0.66."""
        priced = quote(
            lines=[
                LineToPrice(
                    quantity=2,
                    list_price=Decimal("4.20"),
                    unit_price=Decimal("4.20"),
                    tax_rate=Decimal("0.2"),
                ),
            ],
            shipping=ShippingToPrice(amount_minor=395, tax_rate=Decimal("0.2")),
            currency="GBP",
            tax_included=True,
        )

        assert priced.lines == (PricedLine(amount_minor=840, paid_minor=840, tax_minor=140),)
        assert priced.shipping == PricedLine(amount_minor=395, paid_minor=395, tax_minor=66)
        assert priced.totals == Totals(
            lines_minor=700,
            shipping_minor=329,
            tax_minor=206,
            adjustments_minor=0,
            total_minor=1235,
        )

    def test_with_tax_on_top_of_the_prices(self) -> None:
        """3 × $9.99 at 8.875 %: 29.97, tax 2.66 (2.6598…); postage 5.00 untaxed."""
        priced = quote(
            lines=[
                LineToPrice(
                    quantity=3,
                    list_price=Decimal("9.99"),
                    unit_price=Decimal("9.99"),
                    tax_rate=Decimal("0.08875"),
                ),
            ],
            shipping=ShippingToPrice(amount_minor=500, tax_rate=Decimal(0)),
            currency="USD",
            tax_included=False,
        )

        assert priced.totals == Totals(
            lines_minor=2997,
            shipping_minor=500,
            tax_minor=266,
            adjustments_minor=0,
            total_minor=3763,
        )

    def test_with_a_discount_taxes_what_is_left(self) -> None:
        """€10.00 less €1.00 at 19 % inside: tax on 9.00 is 1.44 (1.4370)."""
        priced = quote(
            lines=[
                LineToPrice(
                    quantity=1,
                    list_price=Decimal("10.00"),
                    unit_price=Decimal("10.00"),
                    tax_rate=Decimal("0.19"),
                    adjustments=(off(-100, scope=AdjustmentScope.LINE),),
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
            adjustments_minor=-100,
            total_minor=900,
        )

    def test_in_a_currency_without_decimals(self) -> None:
        """3 × ¥333 at 10 % inside: 999, tax 91 (90.8); postage ¥500, tax 45 (45.45)."""
        priced = quote(
            lines=[
                LineToPrice(
                    quantity=3,
                    list_price=Decimal(333),
                    unit_price=Decimal(333),
                    tax_rate=Decimal("0.1"),
                )
            ],
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


class TestSummedUp:
    def test_adds_the_parts_of_one_up_in_the_order_of_their_first(self) -> None:
        own = off(-5, scope=AdjustmentScope.LINE)

        assert summed_up([off(-2), own, off(-3, code="b"), off(-4)]) == (
            off(-6),
            own,
            off(-3, code="b"),
        )


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
