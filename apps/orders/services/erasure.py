"""Forget guests who ask for it: people without an account, known by the address they ordered with."""

from django.utils import timezone

from apps.orders.models import Order


def erase_guest(*, email: str) -> int:
    """Ask that the sales to a guest be emptied of the person; returns how many there are.

    Each is emptied as soon as it is final and all its news were heard (`retention.py`), the others
    then. Sales to customers are not touched: they go with the account. A repeat finds nothing new.
    """
    sales = Order.objects.filter(customer=None, email__iexact=email, erasure_asked_at=None)
    return sales.update(erasure_asked_at=timezone.now())
