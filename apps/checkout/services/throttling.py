"""Hold back floods of orders without asking the database."""

import logging

from django.conf import settings
from django.core.cache import cache

from apps.checkout.errors import TooManyOrders
from apps.core.rules import digest_of

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60


def check_guest_rate(*, address: str, secret: str) -> None:
    """Count a guest's placement for the address and for the device. Raises TooManyOrders.

    The counters live in the cache: per process with the laptop's default, shared with Valkey.
    """
    _check(address, secret)


def check_customer_rate(*, customer_id: int) -> None:
    """Count a customer's placement, whatever device it comes from. Raises TooManyOrders."""
    _check(f"customer:{customer_id}")


def _check(*subjects: str) -> None:
    for subject in subjects:
        if subject and _count_safely(subject) > settings.GUEST_ORDERS_PER_MINUTE:
            raise TooManyOrders


def _count_safely(subject: str) -> int:
    """A cache that is away stops no sale."""
    try:
        return _count(subject)
    except Exception:
        logger.exception("placements are not counted")
        return 0


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
