"""How long it is known what was done to many rows."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="jobs.JobRow",
        why="Lives and goes with its job. What it was told goes as soon as it is done.",
        personal=("content",),
    ),
    Retention(
        model="jobs.Job",
        days=90,
        why="What was done to many rows can be looked up for a quarter; each row's own history says it longer."
        " What is not over stays.",
        expired="""
        SELECT id FROM jobs_job
        WHERE created_at < %(before)s AND state IN ('done', 'stopped') ORDER BY id LIMIT %(batch)s
        """,
    ),
)
