"""How long a replay remembers what it sent."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="backfill.SentInvoice",
        days=30,
        why="Twice as long as a queue keeps the message; it goes as soon as there is an order.",
        expired="""
        SELECT order_id FROM backfill_sentinvoice
        WHERE sent_at < %(before)s ORDER BY order_id LIMIT %(batch)s
        """,
    ),
)
