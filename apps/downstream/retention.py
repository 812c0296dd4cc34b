"""How long it is known what systems have received and were sent again."""

from django.conf import settings

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="downstream.Receipt",
        days=90,
        why="Shows for a quarter which system has worked in what. Without an acknowledgement it stays"
        " as long as its event.",
        expired="""
        SELECT id FROM downstream_receipt
        WHERE message_id < %(before_id)s AND acknowledged_at < %(before)s
        ORDER BY message_id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="downstream.Replay",
        days=settings.EVENTS_KEPT_DAYS,
        why="Says who sent what again, for as long as there are the events.",
        expired="""
        SELECT id FROM downstream_replay WHERE created_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
)
