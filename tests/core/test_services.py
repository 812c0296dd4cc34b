"""A deadlock breaks one of two transactions off; it begins again, and nobody notices."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from types import SimpleNamespace

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction

from apps.core import services
from apps.core.errors import TooMany
from apps.core.services import (
    ATTEMPTS,
    check_limit,
    deadline_at,
    retry_deadlocks,
    seconds_left,
    use_up,
)
from apps.core.types import Limit

NAMES = ("first", "second")


def cross(wrap: Callable[[Callable[[bool], None]], Callable[[bool], None]]) -> list[str]:
    """Two transactions take two rows in opposite order; returns the code of each error that surfaced."""
    both_hold_one, seen = Barrier(2), local()

    def lock(name: str) -> None:
        group = Group.objects.select_for_update().get(name__startswith=name)
        group.name += "+"
        group.save()

    def take(backwards: bool) -> None:
        one, other = reversed(NAMES) if backwards else NAMES
        lock(one)
        if not getattr(seen, "before", False):
            seen.before = True
            both_hold_one.wait(timeout=10)
        lock(other)

    def run(backwards: bool) -> str:
        try:
            wrap(take)(backwards)
        except OperationalError as error:
            return str(error.__cause__.pgcode)
        finally:
            connection.close()
        return ""

    Group.objects.bulk_create(Group(name=name) for name in NAMES)
    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(run, (False, True)))


@pytest.mark.django_db(transaction=True)
class TestADeadlock:
    def test_is_never_seen(self) -> None:
        assert cross(retry_deadlocks) == ["", ""]

        assert sorted(Group.objects.values_list("name", flat=True)) == ["first++", "second++"]

    def test_surfaces_without_the_retry(self) -> None:
        """The negative control: the same crossing in a plain transaction."""
        assert cross(transaction.atomic) == ["", "40P01"]


@pytest.mark.django_db(transaction=True)
class TestRetryDeadlocks:
    def test_gives_up_in_the_end(self) -> None:
        attempts = []

        @retry_deadlocks
        def lose() -> None:
            attempts.append(connection.in_atomic_block)
            with connection.cursor() as cursor:
                cursor.execute("DO $$BEGIN RAISE SQLSTATE '40001'; END$$")

        with pytest.raises(OperationalError):
            lose()

        assert attempts == [True] * ATTEMPTS

    def test_passes_other_errors_on_at_once(self) -> None:
        attempts = []

        @retry_deadlocks
        def fail() -> None:
            attempts.append(1)
            with connection.cursor() as cursor:
                cursor.execute("DO $$BEGIN RAISE SQLSTATE '57014'; END$$")

        with pytest.raises(OperationalError):
            fail()

        assert attempts == [1]

    def test_refuses_to_run_where_it_could_not_begin_again(self) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            retry_deadlocks(lambda: None)()


class TestADeadline:
    def test_is_none_where_nothing_ends_the_work(self) -> None:
        assert seconds_left() is None

    def test_is_known_until_the_work_is_done(self) -> None:
        with deadline_at(time.monotonic() + 40):
            left = seconds_left()
            assert left is not None
            assert 39 < left <= 40
        assert seconds_left() is None

    def test_that_is_over_leaves_nothing(self) -> None:
        with deadline_at(time.monotonic() - 5):
            assert seconds_left() == 0

    def test_cannot_be_put_off_from_inside(self) -> None:
        with deadline_at(time.monotonic() + 5), deadline_at(time.monotonic() + 40):
            left = seconds_left()
            assert left is not None
            assert left <= 5


THREE = Limit(name="tries", most=3, seconds=60)


class TestUseUp:
    def test_refuses_the_fourth_and_says_when_to_come_back(self) -> None:
        with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as clock:
            for _ in range(3):
                use_up(THREE, "eve", "")
            clock.shift(50)
            with pytest.raises(TooMany) as refused:
                use_up(THREE, "eve")
            use_up(THREE, "ada", "")
            clock.shift(11)

            use_up(THREE, "eve")

        assert refused.value.retry_after_seconds == 10

    def test_counts_each_limit_for_itself(self) -> None:
        for _ in range(3):
            use_up(THREE, "eve")

        use_up(Limit(name="others", most=1, seconds=60), "eve")
        with pytest.raises(TooMany):
            use_up(THREE, "eve")

    def test_stops_nobody_while_the_cache_is_away(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(services, "cache", SimpleNamespace(add=fail, get=fail))

        for _ in range(5):
            check_limit(THREE, "eve")
            use_up(THREE, "eve")

        assert caplog.messages == ["limits are not counted: the cache is away"] * 10


class TestCheckLimit:
    def test_counts_nothing(self) -> None:
        for _ in range(2):
            use_up(THREE, "eve")
        for _ in range(5):
            check_limit(THREE, "eve")

        use_up(THREE, "eve")
        with pytest.raises(TooMany):
            check_limit(THREE, "eve")
