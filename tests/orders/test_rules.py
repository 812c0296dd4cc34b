"""The state machine, and what a draft must be to be believed."""

import itertools

import msgspec
import pytest

from apps.core.types import Money
from apps.orders.errors import IllegalTransition, MalformedRequest
from apps.orders.rules import (
    OrderStatus,
    check_draft,
    check_transition,
    fingerprint,
    needs_approval,
)
from tests.factories.orders import make_draft

ALLOWED = {
    ("placed", "awaiting_payment"),
    ("placed", "awaiting_approval"),
    ("placed", "paid"),
    ("placed", "rejected"),
    ("placed", "cancelled"),
    ("awaiting_payment", "awaiting_approval"),
    ("awaiting_payment", "paid"),
    ("awaiting_payment", "rejected"),
    ("awaiting_payment", "cancelled"),
    ("awaiting_approval", "paid"),
    ("awaiting_approval", "rejected"),
    ("awaiting_approval", "cancelled"),
    ("paid", "completed"),
    ("paid", "cancelled"),
}


class TestCheckTransition:
    @pytest.mark.parametrize(
        ("current", "target"), list(itertools.product(OrderStatus, OrderStatus))
    )
    def test_allows_the_machines_steps_and_no_other(
        self, current: OrderStatus, target: OrderStatus
    ) -> None:
        if (current.value, target.value) in ALLOWED:
            check_transition(current=current, target=target)
        else:
            with pytest.raises(IllegalTransition):
                check_transition(current=current, target=target)

    def test_refuses_a_state_it_does_not_know(self) -> None:
        with pytest.raises(IllegalTransition):
            check_transition(current="lost", target=OrderStatus.PAID)


class TestNeedsApproval:
    LIMITS = {"GBP": 500_000}

    @pytest.mark.parametrize(
        ("minor", "currency", "channel", "expected"),
        [
            (500_001, "GBP", "web", True),
            (500_000, "GBP", "web", False),
            (500_001, "GBP", "backfill", False),
            (9_999_999, "SEK", "web", False),
        ],
    )
    def test_looks_at_amount_currency_and_channel(
        self, minor: int, currency: str, channel: str, expected: bool
    ) -> None:
        total = Money(minor, currency)
        assert needs_approval(total=total, channel=channel, limits=self.LIMITS) is expected


class TestCheckDraft:
    def test_believes_figures_that_add_up(self) -> None:
        check_draft(make_draft(lines={"A": 2}))

    @pytest.mark.parametrize(
        "part", ["lines_minor", "shipping_minor", "tax_minor", "discount_minor", "total_minor"]
    )
    def test_refuses_figures_that_do_not(self, part: str) -> None:
        draft = make_draft(lines={"A": 2})
        wrong = msgspec.structs.replace(draft.totals, **{part: getattr(draft.totals, part) + 1})

        with pytest.raises(MalformedRequest, match="parts add up to"):
            check_draft(msgspec.structs.replace(draft, totals=wrong))

    def test_refuses_a_quantity_of_nothing(self) -> None:
        with pytest.raises(MalformedRequest, match="must not be negative"):
            check_draft(make_draft(lines={"A": 0}))


class TestFingerprint:
    def test_differs_where_gateway_or_token_differ(self) -> None:
        prints = {
            fingerprint(gateway=gateway, payment_token=token)
            for gateway, token in (("a", "b"), ("a", "c"), ("b", "b"), ("ab", ""), ("", "ab"))
        }

        assert len(prints) == 5
