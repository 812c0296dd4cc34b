"""Money is exact, whatever its currency's decimals."""

import pytest

from apps.core.types import Money, exponent_of


class TestMoney:
    @pytest.mark.parametrize(
        ("money", "amount", "text"),
        [
            (Money(1235, "GBP"), "12.35", "12.35 GBP"),
            (Money(1200, "EUR"), "12.00", "12.00 EUR"),
            (Money(1235, "JPY"), "1235", "1235 JPY"),
            (Money(1235, "KWD"), "1.235", "1.235 KWD"),
            (Money(12350, "CLF"), "1.2350", "1.2350 CLF"),
            (Money(-5, "USD"), "-0.05", "-0.05 USD"),
        ],
    )
    def test_shows_exactly_its_currencys_decimals(
        self, money: Money, amount: str, text: str
    ) -> None:
        assert str(money.amount) == amount
        assert str(money) == text

    def test_adds_and_subtracts_in_minor_units(self) -> None:
        assert Money(10, "GBP") + Money(20, "GBP") == Money(30, "GBP")
        assert Money(10, "GBP") - Money(20, "GBP") == Money(-10, "GBP")

    def test_refuses_to_mix_currencies(self) -> None:
        with pytest.raises(ValueError, match="GBP and EUR do not add up"):
            Money(1, "GBP") + Money(1, "EUR")
        with pytest.raises(ValueError, match="GBP and EUR do not add up"):
            Money(1, "GBP") - Money(1, "EUR")

    def test_of_two_currencies_is_never_equal(self) -> None:
        assert Money(1, "GBP") != Money(1, "EUR")

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(AttributeError):
            Money(1, "GBP").minor = 2


class TestExponentOf:
    @pytest.mark.parametrize(
        ("currency", "exponent"),
        [("JPY", 0), ("ISK", 0), ("GBP", 2), ("EUR", 2), ("USD", 2), ("KWD", 3), ("CLF", 4)],
    )
    def test_is_that_of_iso_4217(self, currency: str, exponent: int) -> None:
        assert exponent_of(currency) == exponent

    def test_of_a_currency_without_an_entry_is_two(self) -> None:
        assert exponent_of("CHF") == 2
