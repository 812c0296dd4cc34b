"""The state machine, and what a draft must be to be believed."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from apps.core.rules import digest_of
from apps.core.types import Money
from apps.orders.errors import IllegalTransition, MalformedRequest
from apps.orders.rules import (
    OrderStatus,
    announced_bytes,
    check_draft,
    check_shares,
    check_transition,
    fingerprint,
    needs_approval,
    quoted_at,
    whole_price,
)
from apps.orders.types import DRAFT_VERSION, OrderRequest
from tests.factories.orders import adjustment, make_draft
from tests.factories.payments import share_of

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
    ("awaiting_approval", "awaiting_payment"),
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
            with pytest.raises(IllegalTransition) as refusal:
                check_transition(current=current, target=target)
            assert refusal.value.details == {"current": current.value, "target": target.value}

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
            (500_001, "GBP", "import", False),
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
        check_draft(make_draft(lines={"A": 1}))

    @pytest.mark.parametrize(
        "part", ["lines_minor", "shipping_minor", "tax_minor", "adjustments_minor", "total_minor"]
    )
    def test_refuses_figures_that_do_not(self, part: str) -> None:
        draft = make_draft(lines={"A": 2})
        wrong = msgspec.structs.replace(draft.totals, **{part: getattr(draft.totals, part) + 1})

        with pytest.raises(MalformedRequest, match="parts add up to"):
            check_draft(msgspec.structs.replace(draft, totals=wrong))

    def test_says_what_figures_come_to_in_their_currency(self) -> None:
        draft = make_draft(lines={"A": 2}, currency="JPY")
        wrong = msgspec.structs.replace(draft.totals, total_minor=1)

        with pytest.raises(MalformedRequest) as refusal:
            check_draft(msgspec.structs.replace(draft, totals=wrong))

        assert str(refusal.value) == "parts add up to 1235 JPY, not 1 JPY"

    def test_believes_a_line_that_costs_nothing_any_more(self) -> None:
        draft = make_draft(lines={"A": 2})
        (line,) = draft.lines
        gift = msgspec.structs.replace(
            line, adjustments=(adjustment(-line.amount_minor),), paid_minor=0
        )
        totals = msgspec.structs.replace(
            draft.totals,
            adjustments_minor=-line.amount_minor,
            total_minor=draft.totals.total_minor - line.amount_minor,
        )

        check_draft(msgspec.structs.replace(draft, lines=(gift,), totals=totals))

    def test_refuses_a_total_below_nothing(self) -> None:
        draft = make_draft(lines={"A": 2})
        free = draft.totals.total_minor

        for minor, is_believed in ((free, True), (free + 1, False)):
            totals = msgspec.structs.replace(
                draft.totals, adjustments_minor=-minor, total_minor=free - minor
            )
            taken = (adjustment(-minor),)
            adjusted = msgspec.structs.replace(draft, totals=totals, shipping_adjustments=taken)
            if is_believed:
                check_draft(adjusted)
            else:
                with pytest.raises(
                    MalformedRequest, match=r"^amounts and quantities must not be negative$"
                ):
                    check_draft(adjusted)

    def test_refuses_a_line_that_is_paid_for_below_nothing(self) -> None:
        draft = make_draft(lines={"A": 1})
        line = msgspec.structs.replace(draft.lines[0], paid_minor=-1)

        with pytest.raises(
            MalformedRequest, match=r"^amounts and quantities must not be negative$"
        ):
            check_draft(msgspec.structs.replace(draft, lines=(line,)))

    def test_refuses_a_paid_price_that_adjustments_do_not_explain(self) -> None:
        draft = make_draft(lines={"A": 1, "B": 1}, adjustments=[adjustment(-40)])
        check_draft(draft)
        line = msgspec.structs.replace(draft.lines[1], paid_minor=401)

        with pytest.raises(MalformedRequest, match=r"^B comes to 400 with its adjustments$"):
            check_draft(msgspec.structs.replace(draft, lines=(draft.lines[0], line)))

    def test_refuses_a_sum_that_the_adjustments_do_not_come_to(self) -> None:
        draft = make_draft(
            lines={"A": 1}, adjustments=[adjustment(-40)], on_shipping=[adjustment(-5)]
        )
        bare = msgspec.structs.replace(draft, shipping_adjustments=())

        with pytest.raises(MalformedRequest, match=r"^adjustments add up to -40, not -45$"):
            check_draft(bare)

    def test_refuses_a_quantity_of_nothing(self) -> None:
        with pytest.raises(
            MalformedRequest, match=r"^amounts and quantities must not be negative$"
        ):
            check_draft(make_draft(lines={"A": 0}))


def request_by(*amounts: int) -> OrderRequest:
    """A request for an order of 12.35, paid by shares of these amounts."""
    return OrderRequest(
        version=DRAFT_VERSION,
        draft=make_draft(lines={"A": 2}),
        payments=tuple(share_of(minor) for minor in amounts),
        accepted_at=datetime(2026, 1, 1, tzinfo=UTC),
        fingerprint="",
    )


class TestCheckShares:
    @pytest.mark.parametrize("amounts", [(1235,), (0,), (1234, 1), (1, 1)])
    def test_lets_be_what_comes_to_the_total_at_most(self, amounts: tuple[int, ...]) -> None:
        check_shares(request_by(*amounts))

    @pytest.mark.parametrize("amounts", [(1236,), (1235, 1), (-1,), (-1, 1)])
    def test_refuses_more_than_the_total_and_less_than_nothing(
        self, amounts: tuple[int, ...]
    ) -> None:
        with pytest.raises(MalformedRequest) as refusal:
            check_shares(request_by(*amounts))

        assert str(refusal.value) == f"shares of {list(amounts)} for 12.35 GBP"


class TestFingerprint:
    def test_differs_where_gateway_or_token_differ(self) -> None:
        prints = {
            fingerprint([share_of(5, gateway=gateway, token=token)], total_minor=5)
            for gateway, token in (("a", "b"), ("a", "c"), ("b", "b"), ("ab", ""), ("", "ab"))
        }

        assert len(prints) == 5

    def test_differs_where_amounts_or_their_order_differ(self) -> None:
        one, two = share_of(2, token="one"), share_of(3, token="two")
        shares = [
            [one, two], [two, one], [one], [share_of(3, token="one"), share_of(2, token="two")],
        ]  # fmt: skip

        assert len({fingerprint(some, total_minor=5) for some in shares}) == 4

    def test_of_several_ways_names_each_and_then_the_amounts(self) -> None:
        shares = [share_of(2, token="one"), share_of(3, gateway="bank", token="two")]

        said = "fake\none\nbank\ntwo\n2\n3"
        assert fingerprint(shares, total_minor=5) == digest_of(text=said)

    def test_of_one_way_for_the_whole_is_what_version_1_said(self) -> None:
        share = share_of(5, gateway="fake", token="tok_success")

        assert fingerprint([share], total_minor=5) == digest_of(text="fake\ntok_success")


class TestWholePrice:
    @pytest.mark.parametrize(
        ("price", "currency", "minor"),
        [("4.20", "GBP", 420), ("4.205", "GBP", None), ("5", "JPY", 5), ("0.5", "JPY", None)],
    )
    def test_is_none_where_it_has_parts_of_a_minor_unit(
        self, price: str, currency: str, minor: int | None
    ) -> None:
        expected = None if minor is None else Money(minor, currency)

        assert whole_price(Decimal(price), currency=currency) == expected


class TestQuotedAt:
    def test_reads_the_time_out_of_the_id(self) -> None:
        """The example of RFC 9562, appendix A.6."""
        example = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")

        assert quoted_at(example) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)

    def test_of_an_id_of_another_kind_is_not_known(self) -> None:
        assert quoted_at(UUID("5df41881-3aed-3515-88a7-2f4a814cf09e")) is None


class TestAnnouncedBytes:
    def test_counts_each_line_as_it_is_sent(self) -> None:
        one, two = (make_draft(lines=dict.fromkeys(skus, 1)) for skus in ("A", "AB"))
        fact = b'{"sku":"A","title":"Item A","quantity":1,"amount":{"minor":420,"currency":"GBP"},"paid":{"minor":420,"currency":"GBP"}}'

        assert (announced_bytes(one), announced_bytes(two)) == (len(fact) + 2, 2 * len(fact) + 3)
