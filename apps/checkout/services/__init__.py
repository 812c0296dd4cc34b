"""Quote and place: the way from a cart to an accepted order."""

from apps.checkout.services.placing import place
from apps.checkout.services.quoting import make_quote, read_quote, sign_quote

__all__ = ["make_quote", "place", "read_quote", "sign_quote"]
