"""Questions about orders."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from apps.core.types import Money
from apps.deadletters.models import DeadLetter
from apps.deadletters.selectors import find_failure, has_letter
from apps.events.models import OutboxMessage
from apps.events.selectors import list_events_about
from apps.orders import rules
from apps.orders.models import MissingOrder, Order, OrderAdjustment, OrderLine
from apps.orders.types import Channel, OrderStatus, StopReason, Whereabouts
from apps.pricing.selectors import summed_up
from apps.pricing.types import Adjustment

# A failed message is hidden for at most fifteen minutes, and then tried again.
_TRIED_AGAIN_WITHIN = timedelta(minutes=20)
# The queue keeps order only roughly.
_CLEARLY_LATER = timedelta(minutes=5)

# Why orders end before their time; what has no words here is in a person's words already.
_REASONS: Mapping[str, Any] = {
    StopReason.SOLD_OUT: _("sold out"),
    StopReason.PAYMENT_DECLINED: _("payment declined"),
    StopReason.CART_ALREADY_ORDERED: _("cart ordered before"),
    StopReason.TOO_MANY_UNITS: _("too many units for an unpaid order of a guest"),
    StopReason.CUSTOMER_GONE: _("account closed meanwhile"),
    StopReason.NOT_WRITABLE: _("could not be written down"),
    StopReason.PAYMENT_EXPIRED: _("not paid in time"),
    StopReason.GIVEN_UP: _("given up by the shopper before it was paid"),
    StopReason.APPROVAL_EXPIRED: _("not approved in time"),
    StopReason.NOT_DELIVERED: _("not delivered"),
    StopReason.CANCELLED: _("cancelled"),
    StopReason.CUSTOMER: _("the customer asked for it"),
    StopReason.NOT_AVAILABLE: _("the goods cannot be had"),
    StopReason.DOUBTFUL: _("the order looks like fraud"),
    StopReason.STAFF: _("another reason of ours"),
}
# Those that staff choose from.
STAFF_REASONS = (
    StopReason.CUSTOMER,
    StopReason.NOT_AVAILABLE,
    StopReason.DOUBTFUL,
    StopReason.STAFF,
)


def reason_words(reason: str) -> str:
    """Why an order, or a part of it, was stopped, as staff read it."""
    return str(_REASONS.get(reason, reason))


def find_order(order_id: UUID) -> Order | None:
    """The order with its lines, in two queries, or None while its message is on the way.

    It knows whether it has adjustments.
    """
    adjustments = OrderAdjustment.objects.filter(order=OuterRef("pk"))
    orders = Order.objects.prefetch_related("lines").annotate(is_adjusted=Exists(adjustments))
    return orders.filter(pk=order_id).first()


def adjustments_of(order: Order) -> tuple[Adjustment, ...]:
    """What changed the order's price, as people read it: the parts of each adjustment added up.

    It asks nothing where the order came with its adjustments, or knows that there are none.
    """
    if not getattr(order, "is_adjusted", True):
        return ()
    parts = sorted(order.adjustments.all(), key=lambda one: one.position)
    return summed_up(one.stands_for for one in parts)


def is_cancellable(order: Order) -> bool:
    """Whether an order's state lets it be cancelled."""
    return order.status in rules.sources_of(OrderStatus.CANCELLED)


def unit_price_of(line: OrderLine) -> Money | None:
    """The price of one unit; None for one in parts of what the currency can pay."""
    return rules.whole_price(line.unit_price, currency=line.currency)


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


def where_is(order_id: UUID, *, now: datetime) -> Whereabouts:
    """Where an accepted order is, as far as the database knows."""
    if Order.objects.filter(pk=order_id).exists():
        return Whereabouts.WRITTEN
    if has_letter(queue="orders-dlq", identity=str(order_id)):
        return Whereabouts.DEAD_LETTER
    failure = find_failure(str(order_id))
    is_tried = failure is not None and failure.failed_at > now - _TRIED_AGAIN_WITHIN
    return Whereabouts.WAITING if is_tried else Whereabouts.NOWHERE


def has_queue_moved_past(accepted_at: datetime) -> bool:
    """Whether an order that was accepted clearly later has been written already."""
    later = Order.objects.filter(accepted_at__gt=accepted_at + _CLEARLY_LATER)
    return later.exclude(channel=Channel.IMPORT).exists()


def list_missing() -> QuerySet[MissingOrder]:
    """The orders that were accepted and are nowhere, unless a person has dealt with them."""
    written = Order.objects.filter(pk=OuterRef("pk"))
    letters = DeadLetter.objects.filter(
        queue="orders-dlq", identity=Cast(OuterRef("pk"), CharField())
    )
    open_ones = MissingOrder.objects.filter(settled_at=None, noticed_at__isnull=False)
    return open_ones.filter(~Exists(written), ~Exists(letters)).order_by("accepted_at")


def count_missing() -> int:
    """How many accepted orders are nowhere, and wait for a person."""
    return list_missing().count()


def read_personal_data(payloads: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whose the orders are that payloads name by `order_id`, and where they go; what is empty is left out."""
    wanted = {payload["order_id"] for payload in payloads}
    orders = Order.objects.filter(pk__in=wanted).only("email", "address", "erased_at")
    found = {
        str(order.pk): {
            "email": order.email,
            **({"address": msgspec.to_builtins(order.ship_to)} if not order.erased_at else {}),
        }
        for order in orders
    }
    return [found.get(payload["order_id"], {}) for payload in payloads]
