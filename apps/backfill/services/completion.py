"""Wait until the worker has done what it will do, and say what came of nothing."""

import time
from collections.abc import Callable, Collection
from uuid import UUID

from apps.backfill import gateways
from apps.backfill.errors import JobStopped, WorkerSilent
from apps.backfill.selectors import dead_orders, settled_orders
from apps.deadletters.services import collect_dead_letters
from apps.jobs.models import Job, JobState
from apps.jobs.selectors import list_errors

_LOOK_SECONDS = 1.0
# The queue's own counts lag a little, and a message that is lost is sent again once.
_EMPTY_SECONDS = 10.0
_SILENT_SECONDS = 60.0
_LOST = "it left the queue and became no order"


def await_job(job: Job, *, progress: Callable[[int], None]) -> dict[str, str]:
    """Wait until a job is done; returns why rows of it failed, by their keys.

    Raises JobStopped if a person has stopped it, WorkerSilent if it goes on by no row in a minute.
    """
    over, changed_at = -1, time.monotonic()
    while True:
        job.refresh_from_db()
        if (now_over := job.done + job.failed) != over:
            over, changed_at = now_over, time.monotonic()
        progress(over)
        if job.state == JobState.DONE:
            return {key: why for _line, key, why in list_errors(job.pk)}
        if job.state == JobState.STOPPED:
            raise JobStopped.named(job.title)
        if time.monotonic() - changed_at > _SILENT_SECONDS:
            raise WorkerSilent
        time.sleep(_LOOK_SECONDS / 5)


def await_orders(
    order_ids: Collection[UUID],
    *,
    send_again: Callable[[Collection[UUID]], None],
    progress: Callable[[int], None],
) -> dict[UUID, str]:
    """Wait for the orders to be paid or rejected; returns why some never will be.

    Progress is the queue's: repeats that a worker clears away count, too. What is missing although
    the queue is empty is sent again once; `progress` hears how many are settled.
    Raises WorkerSilent if messages wait and for a minute none was taken out.
    """
    pending, failures = set(order_ids), dict[UUID, str]()
    state, changed_at, was_sent_again = (-1, -1), time.monotonic(), False
    while True:
        pending -= settled_orders(pending)
        failures |= dead_orders(pending)
        pending -= failures.keys()
        progress(len(order_ids) - len(pending))
        if not pending:
            return failures
        if (seen := (len(pending), gateways.count_waiting())) != state:
            state, changed_at = seen, time.monotonic()
        unchanged = time.monotonic() - changed_at
        if state[1] == 0 and unchanged > _EMPTY_SECONDS:
            if collect_dead_letters() or dead_orders(pending):
                continue
            if was_sent_again:
                return failures | dict.fromkeys(pending, _LOST)
            send_again(pending)
            changed_at, was_sent_again = time.monotonic(), True
        elif unchanged > _SILENT_SECONDS:
            raise WorkerSilent
        time.sleep(_LOOK_SECONDS)
