"""A total is shared out among ways to pay, to the last minor unit, or the form says what is wrong."""

from decimal import Decimal

import pytest

from apps.checkout.rules import share_out
from apps.checkout.types import WayToPay
from apps.core.errors import InvalidInput
from apps.core.types import Money

TOTAL = Money(1235, "GBP")


def ways(*amounts: str | None) -> list[WayToPay]:
    return [
        WayToPay(
            gateway=f"bank {number}",
            token=f"card {number}",
            amount=None if amount is None else Decimal(amount),
        )
        for number, amount in enumerate(amounts)
    ]


def amounts(*named: str | None, total: Money = TOTAL) -> list[int]:
    return [share.amount_minor for share in share_out(ways(*named), total=total)]


class TestShareOut:
    def test_names_each_way_in_its_order(self) -> None:
        first, second = share_out(ways("10", None), total=TOTAL)

        assert (first.gateway, first.token, first.amount_minor) == ("bank 0", "card 0", 1000)
        assert (second.gateway, second.token, second.amount_minor) == ("bank 1", "card 1", 235)

    @pytest.mark.parametrize(
        ("named", "shares"),
        [
            ((None,), [1235]),
            (("12.35",), [1235]),
            (("0.01",), [1]),
            (("5", "7.34"), [500, 734]),
            (("5", "7.35"), [500, 735]),
            (("5", "7.34", None), [500, 734, 1]),
            (("1", "2", "3", "4"), [100, 200, 300, 400]),
        ],
    )
    def test_gives_what_is_left_to_the_last_without_an_amount(
        self, named: tuple[str | None, ...], shares: list[int]
    ) -> None:
        assert amounts(*named) == shares

    def test_counts_in_the_minor_units_of_the_currency(self) -> None:
        assert amounts("5", None, total=Money(12, "JPY")) == [5, 7]
        assert amounts("0.005", None, total=Money(12, "KWD")) == [5, 7]

    def test_shares_out_nothing_where_nothing_is_to_be_paid(self) -> None:
        assert amounts(None, total=Money(0, "GBP")) == [0]
        assert amounts("0", total=Money(0, "GBP")) == [0]

    @pytest.mark.parametrize(
        ("named", "complaint"),
        [
            ((), "Name one way to pay at least, and four at most."),
            (("1",) * 5, "Name one way to pay at least, and four at most."),
            (
                (None, "1"),
                "Only the last way to pay may be without an amount: it takes what is left.",
            ),
            (("0",), "Each amount must be above zero."),
            (("-1", None), "Each amount must be above zero."),
            (("12.35", None), "Each amount must be above zero."),
            (("12.36",), "The amounts come to more than the total."),
            (("12.35", "0.01"), "The amounts come to more than the total."),
            (("0.001",), "An amount has more decimals than its currency."),
        ],
    )
    def test_refuses_what_does_not_fit(self, named: tuple[str | None, ...], complaint: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            amounts(*named)

        assert refusal.value.details == {"errors": {"payments": [complaint]}}
