"""Do one thing to many rows: in chunks, each row alone, to be stopped, resumed and looked at meanwhile."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import Error, transaction
from django.db.models import Count, Exists, Q
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_noop

from apps.core.errors import DomainError, TemporarilyUnavailable, is_outage
from apps.core.models import new_id
from apps.core.rules import searchable
from apps.core.services import seconds_left
from apps.events.services import MOST_HOPS, one_wake
from apps.jobs import gateways
from apps.jobs.errors import AlreadyOver, NothingFailed, NotStopped
from apps.jobs.models import Job, JobRow, JobState, RowState

logger = logging.getLogger(__name__)

CHUNK = 20
LEASE = timedelta(seconds=60)
_LONGEST_SECONDS = 40
_MARGIN_SECONDS = 15
_INSERTED_AT_ONCE = 5_000
_OPEN = (JobState.QUEUED, JobState.RUNNING)

# Kept as it is here, and shown in the language of who looks.
_OURS = gettext_noop("This row met an error of ours; it is in the log.")

Do = Callable[..., object]


class Work(NamedTuple):
    """What is done to a row. `repeatable`: it is harmless twice, and asks the outside world."""

    do: Do
    repeatable: bool = False


_works: dict[str, Work] = {}


def work(name: str, *, repeatable: bool = False) -> Callable[[Do], Do]:
    """Let jobs of this name call the function for each row.

    It is called as `do(key, actor_id=…, **options, **content)` in a transaction of its own: its effects and
    the row's mark commit together, so that it is done once whatever becomes of the worker. What must ask
    the outside world is `repeatable`: no transaction is open, the row is marked afterwards, and a crash
    between the two does it again. A DomainError is the row's failure, but for TemporarilyUnavailable,
    after which the row waits for another worker.
    """

    def register(do: Do) -> Do:
        known = _works.setdefault(name, Work(do, repeatable=repeatable))
        if known.do is not do:
            msg = f"{name} is the work of {known.do.__module__} already"
            raise ValueError(msg)
        return do

    return register


def _find_work(name: str) -> Work:
    """What is behind a name. Works stand in the apps' `tasks.py`, which only workers load by themselves."""
    if name not in _works:
        autodiscover_modules("tasks")
    return _works[name]


@transaction.atomic
def start_job(
    *,
    work: str,
    title: str,
    keys: Iterable[str],
    contents: Mapping[str, Mapping[str, Any]] | None = None,
    options: Mapping[str, Any] | None = None,
    actor_id: int | None = None,
    model: str = "",
    permissions: Sequence[str] = (),
    noted: str = "",
    at_once: bool = False,
) -> Job:
    """Write down what is to be done to which rows, and have a worker do it; `at_once`: the caller will.

    The work is told the `options`, and of a row its `contents` by key; both must be plain JSON. With `model`
    (`orders.Order`) and `noted`, the history of each row says who has done this to it; the model's screen
    asks for the `permissions` of whoever lets the job go on.
    """
    job = Job(
        id=new_id(),
        work=work,
        title=title[:200],
        options=dict(options or {}),
        model=model,
        permissions=list(permissions),
        noted=noted[:300],
        actor_id=actor_id,
        rows=0,
    )
    job.save(force_insert=True)
    told = contents or {}
    rows = (
        JobRow(job=job, position=position, key=key, content=told.get(key))
        for position, key in enumerate(keys)
    )
    while some := list(islice(rows, _INSERTED_AT_ONCE)):
        JobRow.objects.bulk_create(some)
        job.rows += len(some)
    job.save(update_fields=["rows"])
    if not at_once:
        transaction.on_commit(lambda: _send(job.pk))
    return job


def run_job(*, job_id: UUID, hops: int = 0) -> bool:
    """Work a job's rows until they or the time are over; whether the job is over, or not ours to work.

    Of several workers one works; who crashed is followed by another when the lease is over.
    Raises what says that the database is away, or TemporarilyUnavailable of the work: then the message
    comes again.
    """
    if not _take(job_id):
        return True
    try:
        with one_wake():
            is_over = _work_chunks(job_id)
    except Exception:
        # The message comes again before the lease would be over; in an outage nobody can be told.
        with suppress(Error):
            _let_go(job_id)
        raise
    if not is_over and hops < MOST_HOPS:
        gateways.send(job_id, hops=hops + 1)
    return is_over


def _work_chunks(job_id: UUID) -> bool:
    """Work until the rows, or the time, are over; whether nothing is left to do now."""
    began = time.monotonic()
    while not _is_late(began):
        job = Job.objects.get(pk=job_id)
        rows = list(_waiting(job_id)[:CHUNK])
        if job.state != JobState.RUNNING:
            _let_go(job_id)
            return True
        if not rows:
            return _finish(job_id)
        for row in rows:
            _work_row(job, row)
        _count(job_id, leased_until=timezone.now() + LEASE)
    _let_go(job_id)
    return False


def _is_late(began: float) -> bool:
    left = seconds_left()
    is_ending = left is not None and left < _MARGIN_SECONDS
    return is_ending or time.monotonic() - began > _LONGEST_SECONDS


def _take(job_id: UUID) -> bool:
    now = timezone.now()
    is_free = Q(leased_until=None) | Q(leased_until__lt=now)
    free = Job.objects.filter(is_free, pk=job_id, state__in=_OPEN)
    return bool(free.update(state=JobState.RUNNING, leased_until=now + LEASE))


def _let_go(job_id: UUID) -> None:
    _count(job_id, leased_until=None)


def _waiting(job_id: UUID) -> Any:
    return JobRow.objects.filter(job=job_id, state=RowState.WAITING).order_by("position")


def _finish(job_id: UUID) -> bool:
    # A worker before this one may have died before it counted.
    _count(job_id, leased_until=None)
    running = Job.objects.filter(pk=job_id, state=JobState.RUNNING)
    running.update(state=JobState.DONE, finished_at=timezone.now())
    return True


def _work_row(job: Job, row: JobRow) -> None:
    """Do the work of one row and mark it; what refuses or fails is marked with why."""
    told = {"actor_id": job.actor_id, **job.options, **(row.content or {})}
    try:
        work = _find_work(job.work)
        if work.repeatable:
            work.do(row.key, **told)
        with transaction.atomic():
            # Marked first: the row's lock keeps a twin out, should the lease have ended.
            waiting = JobRow.objects.filter(pk=row.pk, state=RowState.WAITING)
            if waiting.update(state=RowState.DONE, content=None):
                if not work.repeatable:
                    work.do(row.key, **told)
                _note(job, row)
    except TemporarilyUnavailable:
        raise
    except DomainError as refusal:
        _fail(row, str(refusal))
    except Exception as error:
        if is_outage(error):
            raise
        logger.exception("%s could not work %s", job.work, row.key)
        _fail(row, _OURS)


def _fail(row: JobRow, error: str) -> None:
    waiting = JobRow.objects.filter(pk=row.pk, state=RowState.WAITING)
    waiting.update(state=RowState.FAILED, error=searchable(error)[:500])


def _note(job: Job, row: JobRow) -> None:
    """Write into the row's own history who has done this to it."""
    if not (job.model and job.noted and job.actor_id and apps.is_installed("django.contrib.admin")):
        return
    from django.contrib.admin.models import CHANGE, LogEntry  # noqa: PLC0415 - the back office's own

    changed = apps.get_model(job.model)._default_manager.get(pk=row.key)
    LogEntry.objects.log_actions(job.actor_id, [changed], CHANGE, job.noted)


def _count(job_id: UUID, **changes: Any) -> None:
    """Bring the job's figures up to what its rows say."""
    rows = JobRow.objects.filter(job=job_id)
    figures = rows.aggregate(
        done=Count("pk", filter=Q(state=RowState.DONE)),
        failed=Count("pk", filter=Q(state=RowState.FAILED)),
    )
    Job.objects.filter(pk=job_id).update(**figures, **changes)


@transaction.atomic
def stop_job(*, job_id: UUID) -> None:
    """Let a job stop after the chunk at hand. Raises AlreadyOver."""
    if not Job.objects.filter(pk=job_id, state__in=_OPEN).update(state=JobState.STOPPED):
        raise AlreadyOver
    _count(job_id)


@transaction.atomic
def resume_job(*, job_id: UUID, actor_id: int | None) -> None:
    """Let a stopped job go on with the rows that wait, in the name of who says so. Raises NotStopped."""
    stopped = Job.objects.filter(pk=job_id, state=JobState.STOPPED)
    if not stopped.update(state=JobState.QUEUED, actor_id=actor_id):
        raise NotStopped
    transaction.on_commit(lambda: _send(job_id))


@transaction.atomic
def retry_failed(*, job_id: UUID, actor_id: int | None) -> int:
    """Try the failed rows of a job that is over again, in the name of who says so; returns how many.

    Raises NothingFailed.
    """
    failed = JobRow.objects.filter(job=job_id, state=RowState.FAILED)
    over = Job.objects.filter(pk=job_id).exclude(state__in=_OPEN).filter(Exists(failed))
    if not over.update(state=JobState.QUEUED, actor_id=actor_id, finished_at=None):
        raise NothingFailed
    count = failed.update(state=RowState.WAITING, error="")
    _count(job_id)
    transaction.on_commit(lambda: _send(job_id))
    return count


def resume_lost_jobs() -> int:
    """Send for the jobs that nobody works, as after a crash or a lost message; returns how many."""
    now = timezone.now()
    lost = Job.objects.filter(
        Q(leased_until=None, created_at__lt=now - LEASE) | Q(leased_until__lt=now), state__in=_OPEN
    )
    ids = list(lost.order_by("created_at").values_list("pk", flat=True)[:100])
    for job_id in ids:
        gateways.send(job_id)
    return len(ids)


def _send(job_id: UUID) -> None:
    """One that cannot be sent is logged and harmless: the sweep finds the job."""
    try:
        gateways.send(job_id)
    except Exception:
        logger.exception("no worker was asked for job %s; the sweep will", job_id)
