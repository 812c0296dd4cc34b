"""Many rows are worked each alone and each once, whatever happens to the worker."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection
from django.utils import timezone

from apps.core.errors import NotFound, TemporarilyUnavailable
from apps.core.models import SweepFailure
from apps.jobs import services
from apps.jobs.errors import AlreadyOver, NothingFailed, NotStopped
from apps.jobs.models import Job, JobRow
from apps.jobs.selectors import list_errors
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.races import race

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker dies here: nothing handles it."""


def leave_a_mark(key: str, *, actor_id: int | None = None, **options: str) -> None:
    """An effect in the database, to be counted."""
    SweepFailure.objects.create(
        sweep="tests.mark",
        key=key,
        error=str(options),
        failed_at=timezone.now(),
        due_at=timezone.now(),
    )
    if key == "refused":
        raise NotFound("there is no such thing")
    if key == "broken":
        raise ValueError("a fault of ours")


@pytest.fixture(autouse=True)
def _work() -> Iterator[None]:
    services._works["tests.mark"] = services.Work(leave_a_mark)
    yield
    del services._works["tests.mark"]


def start(*keys: str, **fields: object) -> Job:
    return services.start_job(
        **{"work": "tests.mark", "title": "Mark", "keys": keys, "at_once": True, **fields}
    )


def run(job: Job) -> Job:
    services.run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def marks() -> list[str]:
    found = SweepFailure.objects.filter(sweep="tests.mark").order_by("pk")
    return list(found.values_list("key", flat=True))


class TestAJob:
    def test_does_its_work_for_each_row_in_order(self) -> None:
        job = run(start(*map(str, range(50)), options={"why": "because"}))

        assert marks() == [str(one) for one in range(50)]
        assert SweepFailure.objects.first().error == "{'why': 'because'}"
        assert (job.state, job.rows, job.done, job.failed) == ("done", 50, 50, 0)
        assert job.finished_at is not None
        assert job.leased_until is None

    def test_goes_on_past_rows_that_are_refused_or_fail(self) -> None:
        job = run(start("a", "refused", "broken", "b"))

        assert marks() == ["a", "b"]
        assert (job.state, job.done, job.failed) == ("done", 2, 2)
        assert list(list_errors(job.pk)) == [
            (2, "refused", "there is no such thing"),
            (3, "broken", "This row met an error of ours; it is in the log."),
        ]

    def test_of_no_rows_is_done(self) -> None:
        assert run(start()).state == "done"

    def test_is_worked_by_the_queue(
        self, queues: Queues, django_capture_on_commit_callbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            job = start("a", "b", at_once=False)

        assert queues.run("bulk") == 1

        job.refresh_from_db()
        assert (job.state, marks()) == ("done", ["a", "b"])

    def test_is_worked_later_where_the_queue_is_away(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError

        with monkeypatch.context() as outage, django_capture_on_commit_callbacks(execute=True):
            outage.setattr(services.gateways, "send", fail)
            start("a", at_once=False)
        Job.objects.update(created_at=timezone.now() - timedelta(minutes=2))

        assert services.resume_lost_jobs() == 1
        assert queues.run("bulk") == 1
        assert marks() == ["a"]

    def test_of_another_app_may_not_take_its_name(self) -> None:
        with pytest.raises(ValueError, match="already"):
            services.work("tests.mark")(lambda key: None)

    def test_writes_into_the_history_of_each_row(self) -> None:
        actor, order = UserFactory.create(), make_order(lines={stock_variant().sku: 1})

        run(
            start(
                str(order), work="orders.cancel", options={"reason": "customer"}, actor_id=actor.pk,
                model="orders.Order", noted="cancelled",
            )
        )  # fmt: skip

        (entry,) = LogEntry.objects.filter(object_id=str(order))
        assert (entry.user_id, entry.get_change_message()) == (actor.pk, "cancelled")


class TestWhatARowIsTold:
    def test_reaches_its_work_and_is_forgotten_once_it_is_done(self) -> None:
        contents = {"a": {"colour": "blue"}, "refused": {"colour": "red"}}

        run(start(*contents, contents=contents, options={"why": "because"}))

        told = SweepFailure.objects.get(key="a").error
        assert told == "{'why': 'because', 'colour': 'blue'}"
        kept = JobRow.objects.order_by("position").values_list("key", "content")
        # What failed is tried again with the same.
        assert list(kept) == [("a", None), ("refused", {"colour": "red"})]


@pytest.mark.django_db(transaction=True)
class TestWorkThatAsksTheOutsideWorld:
    def asks(self, monkeypatch: pytest.MonkeyPatch, *, repeatable: bool) -> list[str]:
        """Each call: its key, and whether a transaction was open."""
        calls: list[str] = []

        def call(key: str, **_: object) -> None:
            calls.append(f"{key}, {'in' if connection.in_atomic_block else 'outside'}")
            if len(calls) == 1:
                raise Killed

        work = services.Work(call, repeatable=repeatable)
        monkeypatch.setitem(services._works, "tests.mark", work)
        return calls

    @pytest.mark.parametrize(
        ("repeatable", "calls"), [(True, ["a, outside"] * 2), (False, ["a, in"] * 2)]
    )
    def test_has_no_transaction_open_and_is_done_again_after_a_crash(
        self, monkeypatch: pytest.MonkeyPatch, repeatable: bool, calls: list[str]
    ) -> None:
        asked = self.asks(monkeypatch, repeatable=repeatable)
        job = start("a")
        with pytest.raises(Killed):
            run(job)
        Job.objects.update(leased_until=None)

        run(job)

        assert (asked, job.state, job.done) == (calls, "done", 1)


class TestStopping:
    def test_lets_the_chunk_end_and_the_rest_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        job = start(*map(str, range(services.CHUNK + 5)))

        def stop_meanwhile(key: str, **_: object) -> None:
            leave_a_mark(key)
            if key == "3":
                services.stop_job(job_id=job.pk)

        monkeypatch.setitem(services._works, "tests.mark", services.Work(stop_meanwhile))
        run(job)
        assert (job.state, job.done) == ("stopped", services.CHUNK)

        services.resume_job(job_id=job.pk, actor_id=None)
        run(job)

        assert (job.state, job.done) == ("done", services.CHUNK + 5)
        assert len(marks()) == len(set(marks())) == services.CHUNK + 5

    def test_of_what_is_over_is_refused(self) -> None:
        job = run(start("a"))

        with pytest.raises(AlreadyOver):
            services.stop_job(job_id=job.pk)
        with pytest.raises(NotStopped):
            services.resume_job(job_id=job.pk, actor_id=None)


class TestTryingAgain:
    def test_is_of_the_failed_rows_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        job = run(start("a", "refused"))
        monkeypatch.setitem(services._works, "tests.mark", services.Work(lambda key, **_: None))

        assert services.retry_failed(job_id=job.pk, actor_id=None) == 1
        run(job)

        assert (job.done, job.failed, list(list_errors(job.pk))) == (2, 0, [])
        assert marks() == ["a"]

    def test_is_in_the_name_of_who_says_so(self) -> None:
        job = run(start("a", "refused", actor_id=UserFactory.create().pk))
        colleague = UserFactory.create()

        services.retry_failed(job_id=job.pk, actor_id=colleague.pk)

        job.refresh_from_db()
        assert job.actor_id == colleague.pk

    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(NothingFailed):
            services.retry_failed(job_id=run(start("a")).pk, actor_id=None)


class TestAWorkerThatDies:
    def die_at(self, monkeypatch: pytest.MonkeyPatch, job: Job, key: str) -> None:
        def die(one: str, **_: object) -> None:
            leave_a_mark(one)
            if one == key:
                raise Killed

        with monkeypatch.context() as worker:
            worker.setitem(services._works, "tests.mark", services.Work(die))
            with pytest.raises(Killed):
                run(job)

    def test_is_followed_by_another_that_does_no_row_twice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start("a", "b", "c")
        self.die_at(monkeypatch, job, "b")
        assert marks() == ["a"]

        run(job)
        assert job.state == "running", "its lease has not ended"
        Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert services.resume_lost_jobs() == 1
        run(job)

        assert (job.state, marks()) == ("done", ["a", "b", "c"])

    def test_before_it_counted_is_counted_for_by_the_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start("a", "refused")

        def die(*_: object, **__: object) -> None:
            raise Killed

        with monkeypatch.context() as worker:
            worker.setattr(services, "_count", die)
            with pytest.raises(Killed):
                run(job)
        Job.objects.update(leased_until=None)

        run(job)

        assert (job.state, job.done, job.failed) == ("done", 1, 1)
        assert services.retry_failed(job_id=job.pk, actor_id=None) == 1

    @pytest.mark.control
    def test_would_do_a_row_twice_if_it_were_marked_afterwards(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job, worked = start("a", "b"), list[str]()

        def work_then_mark(_job: Job, row: JobRow) -> None:
            worked.append(row.key)
            if worked == ["a", "b"]:
                raise Killed
            JobRow.objects.filter(pk=row.pk).update(state="done")

        monkeypatch.setattr(services, "_work_row", work_then_mark)
        with pytest.raises(Killed):
            run(job)
        Job.objects.update(leased_until=None)
        run(job)

        assert worked == ["a", "b", "b"]

    def test_in_an_outage_leaves_the_row_to_the_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        job = start("a")

        def lose_the_database(*_: object, **__: object) -> None:
            raise OperationalError("server closed the connection unexpectedly")

        with monkeypatch.context() as outage:
            outage.setitem(services._works, "tests.mark", services.Work(lose_the_database))
            with pytest.raises(OperationalError):
                run(job)

        assert JobRow.objects.get().state == "waiting"

    def test_whose_work_asks_somebody_who_is_away_leaves_the_row_to_the_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start("a")

        def find_nobody(*_: object, **__: object) -> None:
            raise TemporarilyUnavailable

        with monkeypatch.context() as outage:
            outage.setitem(services._works, "tests.mark", services.Work(find_nobody))
            with pytest.raises(TemporarilyUnavailable):
                run(job)

        assert JobRow.objects.get().state == "waiting"
        # The same message, again.
        assert (run(job).state, marks()) == ("done", ["a"])

    def test_ends_in_time_and_has_another_go_on(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start(*map(str, range(services.CHUNK * 2)))
        with monkeypatch.context() as short:
            short.setattr(services, "seconds_left", lambda: 20.0 - 10.0 * len(marks()))
            assert services.run_job(job_id=job.pk) is False
        assert len(marks()) == services.CHUNK

        assert queues.run("bulk") == 1

        assert len(marks()) == services.CHUNK * 2


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_do_no_row_twice(self) -> None:
        job = start(*map(str, range(40)))

        race(lambda _: services.run_job(job_id=job.pk))

        job.refresh_from_db()
        assert (job.state, job.done) == ("done", 40)
        assert sorted(marks(), key=int) == [str(one) for one in range(40)]

    def test_do_no_row_twice_where_the_lease_has_ended(self) -> None:
        """Both believe that the job is theirs."""
        job = start(*map(str, range(40)))

        def run_as_if_free(_: int) -> None:
            Job.objects.filter(pk=job.pk, state="running").update(leased_until=None)
            services.run_job(job_id=job.pk)

        race(run_as_if_free)

        assert sorted(marks(), key=int) == [str(one) for one in range(40)]
