"""Questions about orders."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.events.models import OutboxMessage
from apps.events.selectors import list_events_about
from apps.orders.models import Order, OrderLine
from apps.orders.types import OrderStatus

# Why orders end before their time; what has no words here is in a person's words already.
_REASONS = {
    "sold_out": _("sold out"),
    "payment_declined": _("payment declined"),
    "cart_already_ordered": _("cart ordered before"),
    "payment_expired": _("not paid in time"),
    "approval_expired": _("not approved in time"),
    "not_delivered": _("not delivered"),
    "cancelled": _("cancelled"),
    "customer": _("the customer asked for it"),
    "not_available": _("the goods cannot be had"),
    "doubtful": _("the order looks like fraud"),
    "staff": _("another reason of ours"),
}
# Those that staff choose from.
STAFF_REASONS = ("customer", "not_available", "doubtful", "staff")


def reason_words(reason: str) -> str:
    """Why an order, or a part of it, was stopped, as staff read it."""
    return str(_REASONS.get(reason, reason))


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
