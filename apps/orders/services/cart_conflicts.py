"""Two tabs, two states of one cart: what was ordered in one is not bought again by the other unawares."""

from django.db import connection

from apps.orders.errors import CartAlreadyOrdered
from apps.orders.models import Order
from apps.orders.rules import quoted_at
from apps.orders.types import OrderDraft, OrderStatus

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def check_cart(draft: OrderDraft) -> None:
    """Refuse an order whose cart was ordered, in whatever state, after its shopper saw the total.

    Called in the transaction that has inserted the order: of two at once the second to get here waits
    for the first, and sees it. Raises CartAlreadyOrdered.
    """
    seen_at = quoted_at(draft.id)
    if draft.cart_id is None or seen_at is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(draft.cart_id)])
    others = Order.objects.filter(cart_id=draft.cart_id, accepted_at__gt=seen_at).exclude(
        status__in=[OrderStatus.REJECTED, OrderStatus.CANCELLED]
    )
    if others.exclude(pk=draft.id).exists():
        raise CartAlreadyOrdered
