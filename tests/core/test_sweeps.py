"""One bad row, or two hundred of them, stop no sweep."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from apps.core import services
from apps.core.models import SweepFailure
from apps.core.services import deadline_at, each_alone

pytestmark = pytest.mark.django_db(transaction=True)


def work_but(bad: set[str], *, seen: list[str] | None = None) -> Any:
    """Work that marks a group as done, and cannot mark the bad ones."""

    def work(name: str) -> None:
        if seen is not None:
            seen.append(name)
        if name in bad:
            raise IntegrityError(f"{name} is bad")
        Group.objects.get(name=name).delete()

    return work


@pytest.fixture
def names() -> Any:
    Group.objects.bulk_create(Group(name=f"{number:03}") for number in range(250))
    return Group.objects.order_by("name").values_list("name", flat=True)


class TestEachAlone:
    def test_works_what_stands_behind_a_bad_row(self, names) -> None:
        assert each_alone("test.sweep", names, work_but({"000"}), most=3) == 2

        assert not Group.objects.filter(name__in=["001", "002"]).exists()
        failure = SweepFailure.objects.get()
        assert (failure.key, failure.attempts) == ("000", 1)
        assert failure.error == "IntegrityError: 000 is bad"

    def test_reaches_fresh_rows_behind_more_bad_ones_than_a_run_takes(self, names) -> None:
        bad = {f"{number:03}" for number in range(240)}

        runs = [each_alone("test.sweep", names, work_but(bad)) for _ in range(2)]

        assert runs == [0, 10]
        assert Group.objects.count() == 240

    def test_lets_a_bad_row_rest_and_tries_it_again(self, names, time_machine) -> None:
        now, seen = timezone.now(), list[str]()
        time_machine.move_to(now)
        for minutes in (0, 1, 3, 4, 8):
            time_machine.move_to(now + timedelta(minutes=minutes))
            each_alone("test.sweep", names[:1], work_but({"000"}, seen=seen))

        # At once, after two minutes, after four more.
        assert len(seen) == 3

    def test_forgets_a_row_that_could_be_worked_at_last(self, names, time_machine) -> None:
        each_alone("test.sweep", names[:1], work_but({"000"}))
        time_machine.move_to(timezone.now() + timedelta(minutes=3))

        assert each_alone("test.sweep", names[:1], work_but(set())) == 1
        assert not SweepFailure.objects.exists()

    def test_works_fresh_rows_before_those_that_failed(self, names, time_machine) -> None:
        seen: list[str] = []
        each_alone("test.sweep", names, work_but({"000", "001"}), most=2)
        time_machine.move_to(timezone.now() + timedelta(minutes=3))

        each_alone("test.sweep", names, work_but(set(), seen=seen), most=3)

        assert seen == ["002", "003", "004"]

    def test_counts_what_did_not_answer_false(self, names) -> None:
        assert each_alone("test.sweep", names, lambda name: name == "007", most=10) == 1

    def test_stops_in_time(self, names) -> None:
        with deadline_at(services.time.monotonic() + services.STEP_SECONDS - 1):
            assert each_alone("test.sweep", names, work_but(set())) == 0

    def test_puts_failures_on_record(self, names, capsys: pytest.CaptureFixture[str]) -> None:
        each_alone("test.sweep", names, work_but({"000", "001"}), most=5)

        assert '"SweepFailures": [2]' in capsys.readouterr().out

    def test_ends_with_the_database(self, names) -> None:
        tried: list[str] = []

        def fail_with_the_connection(name: str) -> None:
            tried.append(name)
            connection.close()
            connection.connection = None
            connection.settings_dict = {**connection.settings_dict, "PORT": "1"}
            raise IntegrityError

        right = connection.settings_dict
        try:
            with pytest.raises(DatabaseError):
                each_alone("test.sweep", names, fail_with_the_connection)
        finally:
            connection.settings_dict = right
        assert tried == ["000"]
