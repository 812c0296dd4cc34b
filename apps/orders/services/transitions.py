"""Every change of an order's state: one conditional statement decides who wins, then the news."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.services import each_alone
from apps.inventory.services import keep_reservation, release_stock
from apps.orders.errors import AlreadyShipped, IllegalTransition, NotPayable
from apps.orders.models import Order, OrderLine
from apps.orders.rules import check_transition, sources_of
from apps.orders.services.announcements import (
    announce_approved,
    announce_awaiting_approval,
    announce_awaiting_payment,
    announce_cancelled,
    announce_completed,
    announce_paid,
    announce_payment_due,
    announce_payment_return_due,
    announce_rejected,
    announce_units_cancelled,
)
from apps.orders.types import UNPAID, OrderStatus, StopReason
from apps.payments.selectors import get_standing, has_to_return
from apps.payments.services import open_next_attempt


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
    """The money of the order is there; False if the order was no longer waiting for it.

    If its reservation ran out meanwhile, the order is cancelled, and its money goes back.
    """
    now = timezone.now()
    if not _move(order.id, OrderStatus.PAID, paid_at=now, action_url="", reason=""):
        return False
    order.version += 1
    has_goods = any(line.stocked for line in lines)
    if not has_goods or keep_reservation(reference=order.id):
        announce_paid(order, lines=lines)
        return True
    _move(order.id, OrderStatus.CANCELLED, reason=StopReason.SOLD_OUT, paid_at=None)
    _wind_up(order.id, actor_id=None)
    return False


@transaction.atomic
def wait_for_payment(*, order_id: UUID) -> None:
    """Let an unpaid order wait for what its payments do not bring: a bank wants to see the shopper, a way to
    pay was declined, or the shares do not cover the total.

    The shopper has until the reservation ends; an order whose goods were set aside for a manager's word gets
    as long again. Where that time is over, an order that was declined is rejected.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    standing = get_standing(order_id, total=order.total)
    if order.status not in UNPAID or not (standing.due_minor or standing.action_url):
        return
    pay_by = _pay_by(order)
    if standing.is_declined and (pay_by is None or pay_by <= timezone.now()):
        reject_unpaid(order_id=order_id, reason=StopReason.PAYMENT_DECLINED)
        return
    changes: dict[str, Any] = {
        "action_url": standing.action_url,
        "reason": StopReason.PAYMENT_DECLINED if standing.is_declined else "",
        "pay_by": pay_by,
    }
    if _move(order_id, OrderStatus.AWAITING_PAYMENT, **changes):
        announce_awaiting_payment(Order.objects.get(pk=order_id))
    else:
        Order.objects.filter(pk=order_id).update(**changes)


def _pay_by(order: Order) -> datetime | None:
    if order.status != OrderStatus.AWAITING_APPROVAL:
        return order.pay_by
    return timezone.now() + timedelta(minutes=settings.RESERVATION_MINUTES)


@transaction.atomic
def begin_payment(
    *, order_id: UUID, gateway: str, token: str, customer_id: int | None, expected: str = ""
) -> None:
    """Let an order that waits for its money be paid by another way, or by one more.

    Nothing is asked here: the news of it has the gateway asked. `customer_id` is who pays, if they are
    known, `expected` which attempt is meant. Raises NotPayable for an order that is not there or does not
    wait, or no more, and what `open_next_attempt` raises.
    """
    waiting = Order.objects.filter(
        pk=order_id, status=OrderStatus.AWAITING_PAYMENT, pay_by__gt=timezone.now()
    )
    order = waiting.select_for_update().first()
    if order is None:
        raise NotPayable
    open_next_attempt(
        reference=order_id,
        total=order.total,
        gateway=gateway,
        token=token,
        payer_id=customer_id if customer_id == order.customer_id else None,
        expected=expected,
    )
    order.action_url = order.reason = ""
    order.save(update_fields=["action_url", "reason", "updated_at"])
    announce_payment_due(order)


@transaction.atomic
def give_up_payment(*, order_id: UUID) -> None:
    """Stop an order whose shopper will not pay it: it waited for the money, and does so no more. Raises NotPayable."""
    waiting = Order.objects.filter(pk=order_id, status=OrderStatus.AWAITING_PAYMENT)
    if waiting.select_for_update().first() is None:
        raise NotPayable
    reject_unpaid(order_id=order_id, reason=StopReason.GIVEN_UP)


@transaction.atomic
def mark_awaiting_approval(*, order_id: UUID) -> None:
    """The money is held, and a manager must agree within APPROVAL_HOURS before it is taken.

    If its reservation ran out meanwhile, the order is cancelled, and its money is let go.
    """
    approve_by = timezone.now() + timedelta(hours=settings.APPROVAL_HOURS)
    waits = OrderStatus.AWAITING_APPROVAL
    if not _move(order_id, waits, approve_by=approve_by, action_url="", reason=""):
        return
    if keep_reservation(reference=order_id):
        announce_awaiting_approval(Order.objects.get(pk=order_id))
        return
    _move(order_id, OrderStatus.CANCELLED, reason=StopReason.SOLD_OUT, approve_by=None)
    _wind_up(order_id, actor_id=None)


@transaction.atomic
def approve_order(*, order_id: UUID, actor_id: int) -> None:
    """Let the money of an order above the limit be taken, once.

    Raises IllegalTransition for an order that no manager is asked about.
    """
    waiting = Order.objects.filter(
        pk=order_id, status=OrderStatus.AWAITING_APPROVAL, approved_at=None
    )
    if waiting.update(approved_at=timezone.now(), version=F("version") + 1):
        announce_approved(Order.objects.get(pk=order_id), actor_id=actor_id)
        return
    order = Order.objects.get(pk=order_id)
    if order.status != OrderStatus.AWAITING_APPROVAL:
        raise IllegalTransition(current=order.status, target=OrderStatus.PAID.value)


@transaction.atomic
def reject_unpaid(*, order_id: UUID, reason: str) -> None:
    """Compensate an order whose payment failed: free its stock and its cart, and say so.

    What others of its payments hold or took goes back.
    """
    if not _move(order_id, OrderStatus.REJECTED, reason=reason, action_url=""):
        return
    order = Order.objects.get(pk=order_id)
    release_stock(reference=order.id)
    announce_rejected(order)
    if has_to_return(order_id):
        announce_payment_return_due(order)


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor_id: int | None = None) -> None:
    """Stop an order of which nothing has left, and free its stock; its money follows the news.

    Raises IllegalTransition, AlreadyShipped.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    check_transition(current=order.status, target=OrderStatus.CANCELLED)
    shipped = order.lines.filter(shipped_quantity__gt=0).order_by("position")
    if skus := list(shipped.values_list("sku", flat=True)):
        raise AlreadyShipped(skus=skus)
    _move(order_id, OrderStatus.CANCELLED, reason=reason, action_url="")
    _wind_up(order_id, actor_id=actor_id)


@transaction.atomic
def cancel_units(
    *, order_id: UUID, quantities: Mapping[int, int], reason: str, actor_id: int | None = None
) -> None:
    """Strike units (by line id) that will never arrive from a paid order; their money follows.

    An order of which nothing is left is cancelled. Raises IllegalTransition.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    check_transition(current=order.status, target=OrderStatus.CANCELLED)
    lines = list(order.lines.order_by("position"))
    for line in lines:
        line.cancelled_quantity += quantities.get(line.pk, 0)
    OrderLine.objects.bulk_update(lines, ["cancelled_quantity"])
    goods = [line for line in lines if line.stocked]
    if all(line.cancelled_quantity == line.quantity for line in goods):
        _move(order_id, OrderStatus.CANCELLED, reason=reason)
        _wind_up(order_id, actor_id=actor_id)
        return
    order.version += 1
    order.save(update_fields=["version", "updated_at"])
    announce_units_cancelled(order, quantities=quantities, reason=reason, actor_id=actor_id)


@transaction.atomic
def complete_order(*, order_id: UUID) -> bool:
    """Close a paid order: all that was not cancelled has been delivered; False if it was not paid."""
    if not _move(order_id, OrderStatus.COMPLETED):
        return False
    announce_completed(Order.objects.get(pk=order_id))
    return True


@transaction.atomic
def note_shipped(*, order_id: UUID, quantities: Mapping[int, int]) -> None:
    """Remember how many units of each line (by its id) have left the house."""
    lines = list(OrderLine.objects.select_for_update().filter(order=order_id, pk__in=quantities))
    for line in lines:
        line.shipped_quantity += quantities[line.pk]
    OrderLine.objects.bulk_update(lines, ["shipped_quantity"])


@transaction.atomic
def _expire(order_id: UUID, *, waiting: OrderStatus, reason: str) -> bool:
    """Stop an order that waited too long; False if it was paid, approved or stopped meanwhile."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.status != waiting or _is_decided(order):
        return False
    if order.reason == StopReason.PAYMENT_DECLINED:
        reject_unpaid(order_id=order_id, reason=order.reason)
        return True
    _move(order_id, OrderStatus.CANCELLED, reason=reason, action_url="")
    _wind_up(order_id, actor_id=None)
    return True


def _is_decided(order: Order) -> bool:
    """Whether a manager has agreed to what waits for one."""
    return order.status == OrderStatus.AWAITING_APPROVAL and order.approved_at is not None


def expire_unpaid_orders() -> int:
    """Stop the orders whose shopper did not come back to pay in time; returns how many.

    One that was declined is rejected, one that nobody tried to pay is cancelled.
    """
    waiting = OrderStatus.AWAITING_PAYMENT
    late = Order.objects.filter(status=waiting, pay_by__lt=timezone.now()).order_by("pay_by")
    expire = partial(_expire, waiting=waiting, reason=StopReason.PAYMENT_EXPIRED)
    return each_alone("orders.expire_unpaid_orders", late.values_list("pk", flat=True), expire)


def expire_unapproved_orders() -> int:
    """Cancel the orders that no manager approved in time; returns how many."""
    waiting = OrderStatus.AWAITING_APPROVAL
    late = Order.objects.filter(status=waiting, approved_at=None, approve_by__lt=timezone.now())
    ids = late.order_by("approve_by").values_list("pk", flat=True)
    expire = partial(_expire, waiting=waiting, reason=StopReason.APPROVAL_EXPIRED)
    return each_alone("orders.expire_unapproved_orders", ids, expire)


def _wind_up(order_id: UUID, *, actor_id: int | None) -> None:
    """Free the stock of an order that was just cancelled, and say so."""
    order = Order.objects.get(pk=order_id)
    release_stock(reference=order.id)
    announce_cancelled(order, actor_id=actor_id)
