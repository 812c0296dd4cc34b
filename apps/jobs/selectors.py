"""Questions about jobs."""

from collections.abc import Iterator
from uuid import UUID

from apps.jobs.models import JobRow, RowState


def list_errors(job_id: UUID) -> Iterator[tuple[int, str, str]]:
    """The line (from 1), the key and the reason of each failed row, in the order of the rows."""
    failed = JobRow.objects.filter(job=job_id, state=RowState.FAILED).order_by("position")
    for position, key, error in failed.values_list("position", "key", "error").iterator():
        yield position + 1, key, error
