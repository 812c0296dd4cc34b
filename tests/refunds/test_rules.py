"""However the units come back, the parts add up to the whole."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.refunds.rules import at_amount, fit, payment_key, payment_keys, refund_of_key, share_of
from apps.refunds.types import PricedLine

AMOUNTS = st.integers(min_value=0, max_value=10**9)


class TestShareOf:
    @given(total=AMOUNTS, parts=st.lists(st.integers(min_value=1, max_value=7), min_size=1))
    def test_of_all_units_adds_up_to_the_total_however_they_come(
        self, total: int, parts: list[int]
    ) -> None:
        quantity, before, shares = sum(parts), 0, []
        for units in parts:
            shares.append(
                share_of(total_minor=total, quantity=quantity, before=before, units=units)
            )
            before += units

        assert sum(shares) == total
        assert all(share >= 0 for share in shares)

    @given(total=AMOUNTS, quantity=st.integers(min_value=1, max_value=99), data=st.data())
    def test_of_a_unit_is_within_one_of_its_exact_part(
        self, total: int, quantity: int, data: st.DataObject
    ) -> None:
        before = data.draw(st.integers(min_value=0, max_value=quantity - 1))

        share = share_of(total_minor=total, quantity=quantity, before=before, units=1)

        assert abs(share * quantity - total) <= quantity

    def test_of_ten_for_three_is_three_four_three(self) -> None:
        shares = [share_of(total_minor=10, quantity=3, before=n, units=1) for n in range(3)]

        assert shares == [3, 4, 3]


class TestFit:
    @given(wanted=st.lists(AMOUNTS), left=AMOUNTS)
    def test_never_gives_more_than_is_left_nor_than_is_wanted(
        self, wanted: list[int], left: int
    ) -> None:
        fitted = fit(wanted=wanted, left=left)

        assert sum(fitted) == min(left, sum(wanted))
        assert all(got <= asked for got, asked in zip(fitted, wanted, strict=True))


class TestAtAmount:
    @pytest.mark.parametrize(
        ("amount", "tax", "minor", "expected"),
        [(1200, 200, 600, 100), (1200, 200, 3, 1), (0, 0, 500, 0), (0, 5, 3, 3), (3, 3, 2, 2)],
    )
    def test_taxes_in_proportion_and_never_more_than_all(
        self, amount: int, tax: int, minor: int, expected: int
    ) -> None:
        line = PricedLine(
            order_line_id=1,
            sku="A",
            title="Soap",
            quantity=2,
            paid_minor=amount,
            amount_minor=amount,
            tax_minor=tax,
        )

        assert at_amount(line, minor=minor) == msgspec.structs.replace(
            line, amount_minor=minor, tax_minor=expected
        )


class TestPaymentKey:
    @pytest.mark.parametrize("attempt", [1, 2, 9])
    def test_leads_back_to_the_refund(self, attempt: int) -> None:
        refund = UUID(int=5)

        assert refund_of_key(payment_key(refund_id=refund, attempt=attempt)) == refund

    def test_differs_by_attempt(self) -> None:
        keys = [payment_key(refund_id=UUID(int=5), attempt=number) for number in range(1, 4)]

        assert keys == [f"{UUID(int=5)}{attempt}" for attempt in ("", ":2", ":3")]

    @pytest.mark.parametrize("key", ["", "order:1", "a return"])
    def test_of_others_leads_nowhere(self, key: str) -> None:
        assert refund_of_key(key) is None


class TestPaymentKeys:
    def test_are_those_of_each_attempt(self) -> None:
        refund_id = UUID(int=7)

        assert payment_keys(refund_id=refund_id, attempts=0) == []
        assert payment_keys(refund_id=refund_id, attempts=3) == [
            str(refund_id),
            f"{refund_id}:2",
            f"{refund_id}:3",
        ]
