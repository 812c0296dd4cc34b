"""How long sales are kept."""

from django.conf import settings

from apps.core.types import Retention

_BOOKS = "A sale: the law asks for up to ten years (§ 147 AO; HMRC: six), and sums need every row."

RETENTION = (
    Retention(
        model="orders.Order",
        why=_BOOKS,
        personal=("email", "address"),
        # The name of the shipping method.
        impersonal=("shipping_name",),
    ),
    Retention(model="orders.OrderLine", why=_BOOKS),
    Retention(
        model="events.DeadLetter",
        days=90,
        why="An order that could not be worked, once it was decided about and is missed no more.",
        expired="""
        SELECT id FROM events_deadletter letter
        WHERE queue = 'orders-dlq' AND state <> 'waiting' AND decided_at < %(before)s
          AND NOT EXISTS (
              SELECT FROM orders_missingorder missing
              WHERE missing.id::text = letter.identity AND missing.settled_at IS NULL)
        ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="orders.PlacementConflict",
        days=settings.EVENTS_KEPT_DAYS,
        why="Explains a second click for as long as anybody asks about the order.",
        expired="""
        SELECT id FROM orders_placementconflict
        WHERE recorded_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="orders.MissingOrder",
        days=settings.EVENTS_KEPT_DAYS,
        why="What staff settled is looked up as long as the history of orders; open ones stay.",
        expired="""
        SELECT id FROM orders_missingorder
        WHERE settled_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
)
