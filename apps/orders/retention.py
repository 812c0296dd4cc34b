"""How long sales are kept."""

from django.conf import settings

from apps.core.types import Retention
from apps.events.types import heard

_HEARD = heard("o.id::text")
_MAY_BE_EMPTIED = f"""
    o.erased_at IS NULL AND o.status IN ('completed', 'cancelled', 'rejected') AND {_HEARD}
    ORDER BY o.id LIMIT %(batch)s FOR UPDATE OF o SKIP LOCKED
"""
_EMPTY = """
    UPDATE orders_order SET email = '', address = '{}', action_url = '', erased_at = now()
    WHERE id = ANY(%(keys)s)
"""

_BOOKS = "A sale: the law asks for up to ten years (§ 147 AO; HMRC: six), and sums need every row."

RETENTION = (
    Retention(
        model="orders.Order",
        why=_BOOKS,
        personal=("email", "address"),
        # The name of the shipping method.
        impersonal=("shipping_name",),
    ),
    Retention(
        model="orders.Order",
        why="A sale to a customer who was erased is emptied of the person once it is final.",
        expired=f"""
        SELECT o.id FROM accounts_user person JOIN orders_order o ON o.customer_id = person.id
        WHERE person.erased_at IS NOT NULL AND {_MAY_BE_EMPTIED}
        """,
        clear=_EMPTY,
    ),
    Retention(
        model="orders.Order",
        why="A sale to a guest who asked for it is emptied of the person once it is final.",
        expired=f"""
        SELECT o.id FROM orders_order o
        WHERE o.erasure_asked_at IS NOT NULL AND {_MAY_BE_EMPTIED}
        """,
        clear=_EMPTY,
    ),
    Retention(model="orders.OrderLine", why=_BOOKS),
    Retention(model="orders.OrderAdjustment", why=_BOOKS),
    Retention(
        model="payments.Payment",
        why="What a sale was paid with goes with the person; refunds go by the gateway's own reference.",
        expired="""
        SELECT payment.id FROM payments_payment payment
        JOIN orders_order o ON o.id = payment.reference AND o.erased_at IS NOT NULL
        -- The number of a company's purchase order tells of nobody.
        WHERE payment.token <> '' AND payment.gateway <> 'account'
        ORDER BY payment.id LIMIT %(batch)s
        """,
        clear="UPDATE payments_payment SET token = '' WHERE id = ANY(%(keys)s)",
    ),
    Retention(
        model="payments.WebhookEvent",
        why="What a gateway said of a sale goes with the person.",
        expired="""
        SELECT event.id FROM payments_webhookevent event
        JOIN payments_payment payment ON payment.id = event.payment_id
        JOIN orders_order o ON o.id = payment.reference AND o.erased_at IS NOT NULL
        WHERE event.news <> '{}'
        ORDER BY event.id LIMIT %(batch)s
        """,
        clear="UPDATE payments_webhookevent SET news = '{}' WHERE id = ANY(%(keys)s)",
    ),
    Retention(
        model="deadletters.DeadLetter",
        why="What was decided about an order that was erased loses its message at once.",
        expired="""
        SELECT letter.id FROM deadletters_deadletter letter
        JOIN orders_order o ON o.id::text = letter.identity AND o.erased_at IS NOT NULL
        WHERE letter.queue = 'orders-dlq' AND letter.state <> 'waiting' AND letter.body <> ''
        ORDER BY letter.id LIMIT %(batch)s
        """,
        clear="UPDATE deadletters_deadletter SET body = '' WHERE id = ANY(%(keys)s)",
    ),
    Retention(
        model="deadletters.DeadLetter",
        days=90,
        why="An order that could not be worked, once it was decided about and is missed no more.",
        expired="""
        SELECT id FROM deadletters_deadletter letter
        WHERE queue = 'orders-dlq' AND state <> 'waiting' AND decided_at < %(before)s
          AND NOT EXISTS (
              SELECT FROM orders_missingorder missing
              WHERE missing.id::text = letter.identity AND missing.settled_at IS NULL
                AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = missing.id))
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
