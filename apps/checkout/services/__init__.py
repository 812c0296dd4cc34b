"""Quote and place: the way from a cart to an accepted order."""

from apps.checkout.services.placing import place
from apps.checkout.services.quoting import make_quote, quote_cart, read_quote, sign_quote
from apps.checkout.services.throttling import check_customer_rate, check_guest_rate

__all__ = [
    "check_customer_rate",
    "check_guest_rate",
    "make_quote",
    "place",
    "quote_cart",
    "read_quote",
    "sign_quote",
]
