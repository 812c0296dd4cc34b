"""Quote and place: the way from a cart to an accepted order."""

from apps.checkout.services.order_limits import check_customer_rate, check_guest_rate
from apps.checkout.services.placement import give_up, open_quote, pay, place
from apps.checkout.services.quotes import make_quote, quote_cart, read_quote, sign_quote

__all__ = [
    "check_customer_rate",
    "check_guest_rate",
    "give_up",
    "make_quote",
    "open_quote",
    "pay",
    "place",
    "quote_cart",
    "read_quote",
    "sign_quote",
]
