"""What at a payment provider is news to the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.rules import gives_way, has_moved, split, standing_of
from apps.payments.types import GatewayAnswer, Outcome


@dataclass
class Ledger:
    authorised_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    closed_at: datetime | None = None


class TestHasMoved:
    ENDED = datetime(2026, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("outcome", "told", "ledger", "expected"),
        [
            ("succeeded", {"refunded_minor": 2}, Ledger(captured_minor=9, refunded_minor=1), True),
            ("succeeded", {"refunded_minor": 1}, Ledger(captured_minor=9, refunded_minor=1), False),
            ("succeeded", {"captured_minor": 9}, Ledger(), True),
            ("succeeded", {"captured_minor": 9}, Ledger(captured_minor=9), False),
            ("succeeded", {}, Ledger(captured_minor=9, closed_at=ENDED), False),
            ("succeeded", {}, Ledger(), True),
            ("succeeded", {}, Ledger(authorised_minor=9), False),
            ("succeeded", {}, Ledger(authorised_minor=9, closed_at=ENDED), True),
            ("declined", {}, Ledger(), True),
            ("declined", {}, Ledger(closed_at=ENDED), False),
            ("action_required", {}, Ledger(), False),
            ("action_required", {}, Ledger(authorised_minor=9, closed_at=ENDED), False),
        ],
    )
    def test_is_what_the_ledger_does_not_say_yet(
        self, outcome: str, told: dict[str, int], ledger: Ledger, expected: bool
    ) -> None:
        answer = GatewayAnswer(outcome=Outcome(outcome), **told)

        assert has_moved(answer, ledger=ledger) is expected


@dataclass
class Attempt(Ledger):
    share: int = 0
    attempt: int = 1
    amount_minor: int = 100
    action_url: str = ""
    is_on_account: bool = False


class TestStandingOf:
    ENDED = datetime(2026, 1, 1, tzinfo=UTC)

    def test_of_no_payment_is_all_due(self) -> None:
        standing = standing_of([], total_minor=100)

        assert (standing.due_minor, standing.next_due_minor) == (100, 100)
        assert not standing.is_declined
        assert standing.action_url == ""

    def test_counts_live_attempts_alone(self) -> None:
        late = Attempt(authorised_minor=100, captured_minor=100, closed_at=self.ENDED)
        live = Attempt(attempt=2, authorised_minor=100, captured_minor=100, refunded_minor=30)

        standing = standing_of([late, live], total_minor=100)

        assert (standing.held_minor, standing.captured_minor, standing.left_minor) == (100, 100, 70)
        assert (standing.due_minor, standing.is_declined) == (0, False)

    def test_asks_for_the_first_share_that_ended_and_then_for_the_rest(self) -> None:
        shares = [
            Attempt(share=0, amount_minor=40, authorised_minor=40),
            Attempt(share=1, amount_minor=30, closed_at=self.ENDED),
            Attempt(share=2, amount_minor=20, closed_at=self.ENDED),
        ]

        standing = standing_of(shares, total_minor=100)

        assert (standing.due_minor, standing.next_due_minor) == (60, 30)
        assert standing.is_declined
        assert standing_of(shares[:1], total_minor=100).next_due_minor == 60

    @pytest.mark.parametrize(
        ("payments", "attempt", "minor", "due", "under_way"),
        [
            ([], "0.1", 100, 100, ""),
            ([Attempt(amount_minor=40, authorised_minor=40)], "1.1", 60, 60, ""),
            ([Attempt(amount_minor=40)], "", 0, 0, "0.1"),
            ([Attempt(amount_minor=40, action_url="page")], "0.2", 40, 0, ""),
            ([Attempt(amount_minor=40, closed_at=ENDED)], "0.2", 40, 40, ""),
            (
                [Attempt(amount_minor=40, closed_at=ENDED), Attempt(share=1, amount_minor=60)],
                "0.2",
                40,
                40,
                "",
            ),
            (
                [
                    Attempt(amount_minor=40, closed_at=ENDED, attempt=2),
                    Attempt(amount_minor=40, closed_at=ENDED),
                    Attempt(share=1, amount_minor=60, closed_at=ENDED),
                ],
                "0.3",
                40,
                40,
                "",
            ),
            ([Attempt(authorised_minor=100)], "", 0, 0, ""),
        ],
    )
    def test_names_what_may_begin_next(
        self, payments: list[Attempt], attempt: str, minor: int, due: int, under_way: str
    ) -> None:
        standing = standing_of(payments, total_minor=100)

        assert (standing.next_attempt, standing.next_attempt_minor) == (attempt, minor)
        assert (standing.next_due_minor, standing.under_way) == (due, under_way)

    def test_sends_the_shopper_to_the_page_of_the_first_share(self) -> None:
        shares = [Attempt(share=1, action_url="two"), Attempt(share=0, action_url="one")]

        assert standing_of(shares, total_minor=200).action_url == "one"
        paid_on = Attempt(action_url="one", authorised_minor=100)
        assert standing_of([paid_on], total_minor=100).action_url == ""

    def test_knows_what_has_no_answer_yet(self) -> None:
        assert standing_of([Attempt()], total_minor=100).is_under_way
        assert not standing_of([Attempt(action_url="page")], total_minor=100).is_under_way
        assert not standing_of([Attempt(authorised_minor=100)], total_minor=100).is_under_way
        assert not standing_of([Attempt(amount_minor=0)], total_minor=0).is_under_way

    @pytest.mark.parametrize(("newest", "expected"), [(True, True), (False, False)])
    def test_is_on_account_by_the_newest_attempt(self, newest: bool, expected: bool) -> None:
        payments = [
            Attempt(attempt=2, closed_at=self.ENDED, is_on_account=newest),
            Attempt(attempt=1, closed_at=self.ENDED, is_on_account=not newest),
        ]

        assert standing_of(payments, total_minor=100).is_on_account is expected


class TestSplit:
    @given(
        left=st.lists(st.integers(0, 10**9), min_size=1, max_size=4), amount=st.integers(0, 10**9)
    )
    def test_uses_the_first_up_before_the_next(self, left: list[int], amount: int) -> None:
        parts = split(amount, left=left)

        assert sum(parts) == min(amount, sum(left))
        for number, part in enumerate(parts):
            assert 0 <= part <= left[number]
            assert part == 0 or parts[:number] == left[:number]


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (Attempt(), False),
        (Attempt(action_url="page"), True),
        (Attempt(action_url="page", authorised_minor=100), False),
    ],
)
def test_only_a_page_that_was_left_gives_way(attempt: Attempt, expected: bool) -> None:
    assert gives_way(attempt) is expected
