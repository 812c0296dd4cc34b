from uuid import UUID

from apps.cart.services import close_cart, reopen_cart
from apps.events.services import subscribe
from apps.orders.events import OrderPlaced, OrderRejected
from apps.orders.selectors import is_rejected
from apps.orders.types import StopReason


@subscribe(OrderPlaced)
def close_ordered_cart(event: OrderPlaced) -> None:
    # The news of the rejection may have been heard first, and the cart be its owner's again.
    if event.cart_id and event.cart_version and not is_rejected(UUID(event.order_id)):
        close_cart(cart_id=UUID(event.cart_id), version=event.cart_version)


@subscribe(OrderRejected)
def give_cart_back(event: OrderRejected) -> None:
    if event.cart_id and event.reason != StopReason.CART_ALREADY_ORDERED:
        reopen_cart(cart_id=UUID(event.cart_id))
