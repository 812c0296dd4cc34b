"""How long events, their deliveries and what could not be worked are kept."""

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
        model="events.Receipt",
        days=90,
        why="Shows for a quarter which system has worked in what. Without an acknowledgement it stays"
        " as long as its event.",
        expired="""
        SELECT id FROM events_receipt
        WHERE message_id < %(before_id)s AND acknowledged_at < %(before)s
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
    Retention(
        model="events.Replay",
        days=settings.EVENTS_KEPT_DAYS,
        why="Says who sent what again, for as long as there are the events.",
        expired="""
        SELECT id FROM events_replay WHERE created_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="events.DeadLetter",
        days=90,
        why="What was decided about a message can be looked up for a quarter; what waits stays.",
        personal=("body",),
        impersonal=("message_id", "note"),
        expired="""
        SELECT id FROM events_deadletter
        WHERE queue <> 'orders-dlq' AND state <> 'waiting' AND decided_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="events.TaskFailure",
        days=14,
        why="As long as SQS keeps a message at all.",
        expired="""
        SELECT task_id FROM events_taskfailure
        WHERE failed_at < %(before)s ORDER BY failed_at LIMIT %(batch)s
        """,
    ),
)
