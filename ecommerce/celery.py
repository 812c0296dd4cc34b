"""The Celery app on SQS. Publishing needs boto3 only; the worker on a laptop also needs pycurl."""

import sys
import time
from datetime import UTC, datetime
from math import ceil
from typing import Any

from celery import Celery, Task
from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun, worker_init
from kombu import Queue


class _AnyTask:
    """Contains every name: the back-off is the queue's, whatever the task."""

    def __contains__(self, name: object) -> bool:
        return True


# Celery's own fixup for Django closes every connection before and after each task, however young; it
# counts, and begins with this many. `keep_connection` asks Django instead, which knows CONN_MAX_AGE.
_NEVER = sys.maxsize // 4
# What a task inherits of the request that sent it.
_TRACED = ("request_id", "trace_id")


class EndingTask(Task):  # type: ignore[type-arg]
    """A task that knows when the queue gives its message out again, and hence stops looping before.

    Without it what takes long would be begun a second time while the first still works on it. The worker
    function's own end comes earlier and stays in force; whoever calls a task by hand waits for no queue.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from apps.core.services import deadline_at  # apps are not ready at import
        from ecommerce.messaging import TASK_SECONDS  # it reads the apps' events

        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        with deadline_at(time.monotonic() + TASK_SECONDS):
            return self.run(*args, **kwargs)


app: "Celery[Any]" = Celery("shop", task_cls=EndingTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_configure.connect
def _name_the_queues(sender: Celery, **_: Any) -> None:
    """Point Celery at the queues of this stage, and stretch a failed message's visibility step by step."""
    from django.conf import settings  # settings are not ready when the app is made

    from ecommerce.messaging import POLL_SECONDS, QUEUES, RETRY_SECONDS, physical_name
    from ecommerce.schedule import SCHEDULE

    names = [name for queue in QUEUES for name in (queue.name, f"{queue.name}-dlq")]
    sender.conf.beat_schedule = SCHEDULE
    sender.conf["CELERY_DB_REUSE_MAX"] = _NEVER
    sender.conf.task_queues = [Queue(name, routing_key=name) for name in names]
    sender.conf.broker_transport_options = {
        "predefined_queues": {
            name: {
                "url": f"{settings.SQS_BASE_URL}/{physical_name(name)}",
                "backoff_policy": RETRY_SECONDS,
                "backoff_tasks": _AnyTask(),
            }
            for name in names
        },
        "region": settings.AWS_REGION,
        "polling_interval": 0.05,
        "wait_time_seconds": POLL_SECONDS,
        "sqs_base64_encoding": False,
        # What a scheduler sent expires counted from when it was sent.
        "fetch_message_attributes": ["SentTimestamp"],
        "client-config": {
            "connect_timeout": 2,
            "read_timeout": 15,
            "retries": {"total_max_attempts": 2},
        },
    }


@task_failure.connect
def remember_failure(
    sender: Any = None, task_id: str = "", exception: Exception | None = None, **_: Any
) -> None:
    """SQS keeps a message that failed, but not why: the reason is kept beside it."""
    from apps.deadletters.services import note_failure  # apps are not ready at import

    note_failure(task_id=task_id, task=sender.name, error=repr(exception))


@before_task_publish.connect
def delay_on_the_queue(
    headers: dict[str, Any] | None = None, properties: dict[str, Any] | None = None, **_: Any
) -> None:
    """Let SQS hold a task that is due later (at most 15 minutes), rather than a worker's memory."""
    due = (headers or {}).get("eta")
    if due and properties is not None:
        seconds = (datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds()
        properties["DelaySeconds"] = min(900, max(0, ceil(seconds)))


@before_task_publish.connect
def send_the_trace(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Let a task's log lines be found by the request that caused it."""
    from apps.core.services import log_facts  # apps are not ready at import

    if headers is not None:
        known = log_facts()
        headers.update({name: known[name] for name in _TRACED if name in known})


@worker_init.connect
def trace_if_wanted(**_: Any) -> None:
    """Send traces of what the worker does, where the stage says where to."""
    from ecommerce import telemetry  # settings are not ready at import

    telemetry.begin()


@task_prerun.connect
@task_postrun.connect
def keep_connection(**_: Any) -> None:
    """Let the next task have the connection, unless it is broken or too old: a new one costs PostgreSQL
    a process, as much as the order itself.
    """
    from django.db import close_old_connections  # settings are not ready at import

    close_old_connections()


@task_prerun.connect
def log_as_task(sender: Any = None, task_id: str = "", **_: Any) -> None:
    """Let every line say which task it belongs to, and which request that came from."""
    from apps.core.services import begin_log  # apps are not ready at import

    sent = {name: str(getattr(sender.request, name, None) or "") for name in _TRACED}
    begin_log(task=sender.name, task_id=task_id, **{name: one for name, one in sent.items() if one})


@task_postrun.connect
def log_as_nobody(**_: Any) -> None:
    """What a worker logs between two tasks belongs to neither."""
    from apps.core.services import begin_log  # apps are not ready at import

    begin_log()
