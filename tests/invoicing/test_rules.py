"""Numbers and taxes of documents, and how scripts are written on them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.invoicing import rules
from apps.invoicing.rules import label_of, nearest_rate, rate_text, series_of, tax_in, tax_lines
from apps.invoicing.types import DocumentKind, DocumentLine, TaxLine

LINES = st.builds(
    DocumentLine,
    title=st.just("x"),
    quantity=st.just(1),
    total_minor=st.integers(min_value=0, max_value=10**6),
    tax_minor=st.integers(min_value=0, max_value=10**5),
    rate=st.sampled_from(["0.2", "0.05", "0"]),
)


class TestLabels:
    def test_name_kind_year_and_number(self) -> None:
        series = series_of(kind=DocumentKind.CREDIT_NOTE, year=2026)

        assert label_of(series=series, number=42) == "CRN-2026-000042"


class TestTaxLines:
    @given(lines=st.lists(LINES))
    def test_add_up_to_the_lines(self, lines: list[DocumentLine]) -> None:
        taxes = tax_lines(lines)

        assert sum(one.total_minor for one in taxes) == sum(one.total_minor for one in lines)
        assert sum(one.tax_minor for one in taxes) == sum(one.tax_minor for one in lines)
        assert len({one.rate for one in taxes}) == len(taxes)

    def test_begin_with_the_highest_rate(self) -> None:
        lines = [
            DocumentLine(title="x", quantity=1, total_minor=120, tax_minor=20, rate=rate)
            for rate in ("9", "0.05", "10", "0.05")
        ]

        assert tax_lines(lines) == (
            TaxLine(rate="10", net_minor=100, tax_minor=20),
            TaxLine(rate="9", net_minor=100, tax_minor=20),
            TaxLine(rate="0.05", net_minor=200, tax_minor=40),
        )


class TestNearestRate:
    @pytest.mark.parametrize(
        ("net", "tax", "rate"), [(329, 66, "0.2"), (376, 19, "0.05"), (395, 0, "0"), (0, 0, "0")]
    )
    def test_explains_the_tax(self, net: int, tax: int, rate: str) -> None:
        known = {Decimal("0.2"), Decimal("0.05")}

        assert nearest_rate(net_minor=net, tax_minor=tax, known=known) == Decimal(rate)

    def test_comes_to_what_it_is_where_none_is_known(self) -> None:
        rate = nearest_rate(net_minor=329, tax_minor=66, known=())

        assert str(rate) == "0.201"


class TestRateText:
    def test_is_short(self) -> None:
        assert [rate_text(Decimal(one)) for one in ("0.20000", "0.07700", "0E-5")] == [
            "0.2",
            "0.077",
            "0",
        ]


class TestTaxIn:
    @pytest.mark.parametrize(
        ("total", "rate", "currency", "tax"), [(100, "0.2", "GBP", 17), (999, "0.1", "JPY", 91)]
    )
    def test_is_what_the_amount_contains(
        self, total: int, rate: str, currency: str, tax: int
    ) -> None:
        assert tax_in(total_minor=total, rate=Decimal(rate), currency=currency) == tax


class TestScripts:
    @pytest.mark.parametrize(
        ("text", "seen"),
        [
            ("محمد", "\ufeaa\ufee4\ufea4\ufee3"),
            ("عبد الله", "\ufeea\ufee0\ufedf\ufe8d \ufeaa\ufe92\ufecb"),
            ("لا", "\ufefb"),
            ("فلان", "\ufee5\ufefc\ufed3"),
            ("می\u200cرود", "\ufea9\ufeed\ufead\ufbfd\ufee3"),
            ("שָׁלוֹם", "םוֹלשָׁ"),
            ("Ada משה", "Ada השמ"),
            ("משה (2) Ltd", "Ltd (2) השמ"),
            ("12 רחוב הרצל", "לצרה בוחר 12"),
            ("Ada Byron (Ltd)", "Ada Byron (Ltd)"),
            ("م\u064fد", "\ufeaa\ufee3\u064f"),
            ("Aמש", "Aשמ"),
            ("Ada در", "Ada \ufead\ufea9"),
            ("Ada משה 12", "Ada 12 השמ"),
            ("Ada ١٢ ١٣", "Ada ١٣ ١٢"),
            ("Ada 12 13", "Ada 12 13"),
            ("ד (2)", "(2) ד"),
            ("د (2)", "(2) \ufea9"),
            ("12 (34)", "12 (34)"),
            ("", ""),
        ],
    )
    def test_are_joined_and_put_into_the_order_in_which_they_are_seen(
        self, text: str, seen: str
    ) -> None:
        assert rules.in_visual_order(rules.joined(text)) == seen

    @pytest.mark.parametrize(
        ("text", "seen"),
        [("12 (34)", "(34) 12"), ("Ada (b) c", "Ada (b) c"), ("Ada 1 2", "Ada 1 2"), ("(", ")")],
    )
    def test_follow_the_paragraph_that_a_line_is_of(self, text: str, seen: str) -> None:
        assert rules.in_visual_order(text, paragraph="משה") == seen

    @pytest.mark.parametrize(
        ("letter", "script", "is_backwards", "needs_latin"),
        [
            ("ש", "HEBREW", True, False),
            ("د", "ARABIC", True, False),
            ("\u06f1", "ARABIC", False, False),
            ("र", "DEVANAGARI", False, True),
            ("a", "LATIN", False, False),
            ("\x85", "", False, False),
        ],
    )
    def test_are_told_by_their_letters(
        self, letter: str, script: str, is_backwards: bool, needs_latin: bool
    ) -> None:
        text = f"1{letter}1"

        assert rules.script_of(letter) == script
        assert rules.runs_backwards(text) is is_backwards
        assert rules.needs_latin_form(text) is needs_latin

    @pytest.mark.parametrize(
        ("text", "latin"),
        [
            ("é5\x07", "é5\x07"),
            ("\x85", "[U+0085]"),
            ("มา", "maa"),
            ("შ", "sh"),
            ("राम", "raama"),
            ("प्रिया", "priyaa"),
            ("გიორგი", "giorgi"),
            ("Արմեն", "armen"),
            ("김철수", "gimceolsu"),
            ("さくら", "sakura"),
            ("สม", "sm"),
            ("王", "[U+738B]"),
            ("Ada", "Ada"),
        ],
    )
    def test_have_a_latin_form(self, text: str, latin: str) -> None:
        assert rules.latin_form(text) == latin
