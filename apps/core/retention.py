"""How long what every app shares is kept."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="core.SweepFailure",
        days=30,
        why="A row that has not failed for a month no longer keeps a sweep waiting.",
        expired="""
        SELECT id FROM core_sweepfailure WHERE failed_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
)
