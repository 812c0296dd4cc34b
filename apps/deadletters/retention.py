"""How long messages that could not be worked are kept, and why tasks failed."""

from apps.core.types import Retention
from apps.deadletters.selectors import list_queues_kept_by_others

RETENTION = (
    Retention(
        model="deadletters.DeadLetter",
        days=90,
        why="What was decided about a message can be looked up for a quarter; what waits stays.",
        personal=("body",),
        impersonal=("message_id", "note"),
        expired="""
        SELECT id FROM deadletters_deadletter
        WHERE queue <> ALL(%(kept_by_others)s) AND state <> 'waiting' AND decided_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
        values=lambda: {"kept_by_others": list_queues_kept_by_others()},
    ),
    Retention(
        model="deadletters.TaskFailure",
        days=14,
        why="As long as SQS keeps a message at all.",
        expired="""
        SELECT task_id FROM deadletters_taskfailure
        WHERE failed_at < %(before)s ORDER BY failed_at LIMIT %(batch)s
        """,
    ),
)
