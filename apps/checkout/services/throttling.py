"""Hold back floods of orders without asking the database."""

from django.conf import settings
from django.core.cache import cache

from apps.checkout.errors import TooManyOrders
from apps.core.rules import digest_of

WINDOW_SECONDS = 60


def check_guest_rate(*, address: str, secret: str) -> None:
    """Count a guest's placement for the address and for the device. Raises TooManyOrders.

    The counters live in the cache: per process with the laptop's default, shared with Valkey.
    """
    for subject in (address, secret):
        if subject and _count(subject) > settings.GUEST_ORDERS_PER_MINUTE:
            raise TooManyOrders


def _count(subject: str) -> int:
    key = f"placements:{digest_of(text=subject)}"
    if cache.add(key, 1, WINDOW_SECONDS):
        return 1
    try:
        return cache.incr(key)
    except ValueError:
        # The window closed between the two calls.
        cache.set(key, 1, WINDOW_SECONDS)
        return 1
