"""Questions about orders."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import QuerySet

from apps.events.models import OutboxMessage
from apps.events.selectors import list_events_about
from apps.orders.models import Order, OrderLine
from apps.orders.types import OrderStatus


def find_order(order_id: UUID) -> Order | None:
    """The order with its lines, in two queries, or None while its message is on the way."""
    return Order.objects.prefetch_related("lines").filter(pk=order_id).first()


def is_rejected(order_id: UUID) -> bool:
    """Whether the order could not be."""
    return Order.objects.filter(pk=order_id, status=OrderStatus.REJECTED).exists()


def list_orders_of(customer_id: int) -> QuerySet[Order]:
    """The customer's orders, newest first, with their lines."""
    orders = Order.objects.filter(customer=customer_id).prefetch_related("lines")
    return orders.order_by("-accepted_at", "-pk")


def list_timeline(order_id: UUID) -> QuerySet[OutboxMessage]:
    """What happened to the order, oldest first: the kept events about it."""
    return list_events_about(str(order_id))


def line_ids(order_ids: Collection[UUID]) -> Mapping[tuple[UUID, int], int]:
    """The primary key of each line of the orders, by order and position."""
    lines = OrderLine.objects.filter(order__in=order_ids)
    return {
        (order, position): pk
        for order, position, pk in lines.values_list("order", "position", "pk")
    }
