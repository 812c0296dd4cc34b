"""Every change of an order's state: one conditional statement decides who wins, then the news."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.inventory.services import keep_reservation, release_stock
from apps.orders.models import Order, OrderLine
from apps.orders.rules import OrderStatus, check_transition, sources_of
from apps.orders.services.announcing import (
    announce_awaiting_payment,
    announce_cancelled,
    announce_paid,
    announce_rejected,
)
from apps.payments.services import refund_rest, void_payment


def _move(
    order_id: UUID,
    target: OrderStatus,
    *,
    sources: Sequence[OrderStatus] | None = None,
    **changes: Any,
) -> bool:
    """Take the order to `target` if its present state allows it; False if it does not."""
    allowed = Order.objects.filter(pk=order_id, status__in=sources or sources_of(target))
    return bool(
        allowed.update(
            status=target, version=F("version") + 1, updated_at=timezone.now(), **changes
        )
    )


@transaction.atomic
def mark_paid(order: Order, *, lines: Sequence[OrderLine]) -> bool:
    """The money of the order is there; False if the order was no longer waiting for it."""
    if not _move(order.id, OrderStatus.PAID, paid_at=timezone.now(), action_url=""):
        return False
    keep_reservation(reference=order.id)
    order.version += 1
    announce_paid(order, lines=lines)
    return True


@transaction.atomic
def mark_awaiting_payment(*, order_id: UUID, action_url: str) -> None:
    """The bank wants to see the shopper first; the reservation's expiry is the deadline."""
    if not _move(order_id, OrderStatus.AWAITING_PAYMENT, action_url=action_url):
        return
    announce_awaiting_payment(Order.objects.get(pk=order_id))


@transaction.atomic
def reject_unpaid(*, order_id: UUID, reason: str) -> None:
    """Compensate an order whose payment failed: free its stock and its cart, and say so."""
    if not _move(order_id, OrderStatus.REJECTED, reason=reason, action_url=""):
        return
    order = Order.objects.get(pk=order_id)
    release_stock(reference=order.id)
    announce_rejected(order)


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor_id: int | None = None) -> None:
    """Stop an order and free its stock; its money goes back on hearing the news.

    Raises IllegalTransition.
    """
    if not _move(order_id, OrderStatus.CANCELLED, reason=reason, action_url=""):
        current = Order.objects.get(pk=order_id).status
        check_transition(current=current, target=OrderStatus.CANCELLED)
    _wind_up(order_id, actor_id=actor_id)


@transaction.atomic
def _expire(order_id: UUID) -> bool:
    """Cancel an order that still waits for its payment; False if it was paid or stopped meanwhile."""
    waiting = [OrderStatus.AWAITING_PAYMENT]
    reason = "payment_expired"
    if not _move(order_id, OrderStatus.CANCELLED, sources=waiting, reason=reason, action_url=""):
        return False
    _wind_up(order_id, actor_id=None)
    return True


def _wind_up(order_id: UUID, *, actor_id: int | None) -> None:
    """Free the stock of an order that was just cancelled, and say so."""
    order = Order.objects.get(pk=order_id)
    release_stock(reference=order.id)
    announce_cancelled(order, actor_id=actor_id)


def return_money(*, order_id: UUID) -> None:
    """Void or refund what a cancelled or rejected order has paid; a repeat moves nothing.

    Raises GatewayUnavailable.
    """
    void_payment(reference=order_id)
    refund_rest(reference=order_id, key=f"order:{order_id}")


def settle_payment(*, order_id: UUID) -> None:
    """Money has arrived: the order becomes paid, or the money of a stopped order goes back.

    Raises GatewayUnavailable.
    """
    order = Order.objects.get(pk=order_id)
    if order.status == OrderStatus.PAID:
        return
    if mark_paid(order, lines=list(order.lines.order_by("position"))):
        return
    order.refresh_from_db()
    if order.status in {OrderStatus.CANCELLED, OrderStatus.REJECTED}:
        return_money(order_id=order_id)


def expire_unpaid_orders() -> int:
    """Cancel the orders whose shopper did not come back to pay in time; returns how many."""
    late = Order.objects.filter(status=OrderStatus.AWAITING_PAYMENT, pay_by__lt=timezone.now())
    ids = list(late.order_by("pay_by").values_list("pk", flat=True)[:200])
    return sum(_expire(order_id) for order_id in ids)
