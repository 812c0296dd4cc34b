"""How long carts are kept."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="cart.Cart",
        days=30,
        why="A guest who has not touched a cart for a month has lost its secret. A customer's stays until they leave.",
        expired="""
        SELECT id FROM cart_cart
        WHERE (status = 'open' AND customer_id IS NULL AND updated_at < %(before)s)
           OR customer_id IN (SELECT id FROM accounts_user WHERE erased_at IS NOT NULL)
        ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
        """,
    ),
    Retention(
        model="cart.Cart",
        days=90,
        why="What was ordered or merged is in the order or in the other cart.",
        expired="""
        SELECT id FROM cart_cart
        WHERE status <> 'open' AND updated_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(model="cart.CartLine", why="As long as its cart, with which it goes."),
    Retention(
        model="cart.CartAddition",
        days=1,
        why="No sender repeats an addition after a day.",
        expired="""
        SELECT id FROM cart_cartaddition
        WHERE created_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
)
