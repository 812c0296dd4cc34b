"""What at a payment provider is news to the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from apps.payments.rules import has_moved
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
