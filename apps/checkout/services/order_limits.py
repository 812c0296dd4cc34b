"""Hold back floods of orders without asking the database."""

from uuid import UUID

from django.conf import settings

from apps.checkout.errors import TooManyOrders
from apps.core.errors import TooMany
from apps.core.services import is_counted, note_counted, use_up
from apps.core.types import Limit


def check_guest_rate(*, address: str, secret: str) -> None:
    """Count a guest's placement for the address and for the device. Raises TooManyOrders."""
    _check(address, secret)


def check_customer_rate(*, customer_id: int) -> None:
    """Count a customer's placement, whatever device it comes from. Raises TooManyOrders."""
    _check(f"customer:{customer_id}")


def check_recipient_rate(*, email: str, order_id: UUID) -> None:
    """Count a guest's order for whom it sends mails to, whoever that is, and once however often it is
    sent. Raises TooManyOrders.
    """
    limit = Limit(name="ordered-for", most=settings.GUEST_ORDERS_PER_RECIPIENT, seconds=3600)
    if not is_counted(limit, str(order_id)):
        _use_up(limit, email.lower())
        note_counted(limit, str(order_id))


def _check(*subjects: str) -> None:
    limit = Limit(name="placements", most=settings.GUEST_ORDERS_PER_MINUTE, seconds=60)
    _use_up(limit, *subjects)


def _use_up(limit: Limit, *subjects: str) -> None:
    try:
        use_up(limit, *subjects)
    except TooMany as refusal:
        raise TooManyOrders(wait_seconds=refusal.retry_after_seconds) from refusal
