"""Questions about jobs."""

from collections.abc import Collection, Iterator
from uuid import UUID

from apps.jobs.models import Job, JobRow, JobState, RowState


def list_errors(job_id: UUID) -> Iterator[tuple[int, str, str]]:
    """The line (from 1), the key and the reason of each failed row, in the order of the rows."""
    failed = JobRow.objects.filter(job=job_id, state=RowState.FAILED).order_by("position")
    for position, key, error in failed.values_list("position", "key", "error").iterator():
        yield position + 1, key, error


def list_open_jobs(work: str) -> list[Job]:
    """The jobs of this work that wait for a worker or run, the oldest first."""
    open_ones = Job.objects.filter(work=work, state__in=[JobState.QUEUED, JobState.RUNNING])
    return list(open_ones.order_by("created_at", "pk"))


def find_done(*, work: str, keys: Collection[str]) -> set[str]:
    """For which of the keys a job of this work has done it, as far back as jobs are kept."""
    done = JobRow.objects.filter(job__work=work, state=RowState.DONE, key__in=keys)
    return set(done.values_list("key", flat=True))
