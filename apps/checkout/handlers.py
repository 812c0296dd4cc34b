from uuid import UUID

from apps.cart.services import close_cart, reopen_cart
from apps.events.services import subscribe
from apps.orders.events import OrderPlaced, OrderRejected
from apps.orders.selectors import is_rejected
from apps.orders.types import StopReason


@subscribe(OrderPlaced)
def close_ordered_cart(event: OrderPlaced) -> None:
    """Close the cart that became an order; one that its owner has changed since stays open."""
    # The news of the rejection may have been heard first, and the cart be its owner's again.
    if event.cart_id and event.cart_version and not is_rejected(UUID(event.order_id)):
        close_cart(cart_id=UUID(event.cart_id), version=event.cart_version)


@subscribe(OrderRejected)
def give_cart_back(event: OrderRejected) -> None:
    """Give the cart of an order that could not be back to its owner; a repeat changes nothing.

    Not where another order has the cart, or the owner has begun a new one.
    """
    if event.cart_id and event.reason != StopReason.CART_ALREADY_ORDERED:
        reopen_cart(cart_id=UUID(event.cart_id))
