"""How long events and their deliveries are kept."""

from django.conf import settings

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="events.Delivery",
        days=settings.DELIVERIES_KEPT_DAYS,
        why="A delivery that was made answers no question once replays and complaints are over.",
        expired="""
        SELECT id FROM events_delivery
        WHERE message_id < %(before_id)s AND delivered_at < %(before)s
        ORDER BY message_id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="events.OutboxMessage",
        days=settings.EVENTS_KEPT_DAYS,
        why="The history of an order through a year, its returns and a replay of a year's events."
        " What a target still waits for stays. It holds ids, nothing personal.",
        impersonal=("payload",),
        expired="""
        SELECT id FROM events_outboxmessage news
        WHERE id < %(before_id)s AND occurred_at < %(before)s AND fanned_out_at IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM events_delivery waiting
              WHERE waiting.message_id = news.id AND waiting.delivered_at IS NULL)
        ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="events.RelayTurn",
        why="Is locked, and never holds a row.",
    ),
)
