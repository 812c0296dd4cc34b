from datetime import timedelta

import pytest

from apps.events import rules


class TestBatches:
    @pytest.mark.parametrize(
        ("sizes", "expected"),
        [
            ([], []),
            ([5], [[5]]),
            ([1] * 7, [[1, 1, 1], [1, 1, 1], [1]]),
            ([6, 4, 1], [[6, 4], [1]]),
            ([6, 5, 5], [[6], [5, 5]]),
            ([1, 99, 1], [[1], [99], [1]]),
        ],
    )
    def test_keep_both_limits_and_lose_nothing(
        self, sizes: list[int], expected: list[list[int]]
    ) -> None:
        cut = [sizes[batch] for batch in rules.batches(sizes, most=3, heaviest=10)]

        assert cut == expected


class TestRetryDelay:
    def test_doubles_up_to_a_quarter_of_an_hour(self) -> None:
        waits = [rules.retry_delay(attempts=attempts) for attempts in (1, 2, 3, 10, 50)]

        assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 900, 900)]
