"""Take the money of an order and give it back: the gateway is asked between transactions, never inside."""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.services import each_alone
from apps.orders.models import Order, OrderLine
from apps.orders.rules import PLACED_FOR_TOO_LONG, needs_approval
from apps.orders.services.announcements import announce_paid_too_late
from apps.orders.services.transitions import (
    mark_awaiting_approval,
    mark_awaiting_payment,
    mark_paid,
    reject_unpaid,
)
from apps.orders.types import OrderStatus, StopReason
from apps.payments.errors import CaptureDeclined, RefundDeclined
from apps.payments.models import Payment
from apps.payments.selectors import get_payment
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    refund_rest,
    void_payment,
)
from apps.payments.types import Outcome

logger = logging.getLogger(__name__)

_UNPAID = frozenset(
    {OrderStatus.PLACED, OrderStatus.AWAITING_PAYMENT, OrderStatus.AWAITING_APPROVAL}
)
_STOPPED = frozenset({OrderStatus.CANCELLED, OrderStatus.REJECTED})


def take_payment(order: Order, *, lines: Sequence[OrderLine], payment: Payment) -> None:
    """Take the order as far as the bank, the shopper and the manager let it go.

    Raises GatewayUnavailable.
    """
    answer = authorise_payment(payment)
    match answer.outcome:
        case Outcome.ACTION_REQUIRED:
            mark_awaiting_payment(order_id=order.id, action_url=answer.action_url)
        case Outcome.DECLINED:
            reject_unpaid(order_id=order.id, reason=StopReason.PAYMENT_DECLINED)
        case Outcome.SUCCEEDED if _needs_approval(order):
            mark_awaiting_approval(order_id=order.id)
        case Outcome.SUCCEEDED:
            _capture(order, lines=lines, payment=payment)


def _capture(order: Order, *, lines: Sequence[OrderLine], payment: Payment) -> None:
    try:
        capture_payment(payment)
    except CaptureDeclined:
        reject_unpaid(order_id=order.id, reason=StopReason.PAYMENT_DECLINED)
    else:
        mark_paid(order, lines=lines)


def _needs_approval(order: Order) -> bool:
    return order.approved_at is None and needs_approval(
        total=order.total, channel=order.channel, limits=settings.APPROVAL_LIMITS
    )


def continue_order(*, order_id: UUID) -> None:
    """Go on with an order that waited: for its shopper, for a manager, or for a worker that died.

    Money held for a stopped order is let go. A repeat changes nothing. Raises GatewayUnavailable, and
    RefundExceedsCapture as `refund_rest` does.
    """
    order = Order.objects.get(pk=order_id)
    if order.status in _UNPAID:
        lines = list(order.lines.order_by("position"))
        take_payment(order, lines=lines, payment=get_payment(order_id))
    elif order.status in _STOPPED:
        return_money(order_id=order_id)


@transaction.atomic
def settle_payment(*, order_id: UUID) -> None:
    """Money has arrived: the order becomes paid. Of a stopped order it is announced, and goes back."""
    order = Order.objects.get(pk=order_id)
    # Mostly the order's own worker was quicker; then nothing more is read.
    if order.status not in _UNPAID | _STOPPED:
        return
    if mark_paid(order, lines=list(order.lines.order_by("position"))):
        return
    order.refresh_from_db()
    if order.status in _STOPPED:
        announce_paid_too_late(order)


def return_money(*, order_id: UUID) -> None:
    """Void what a stopped order holds, and send back what came although it never was paid.

    What a paid order took goes back as a refund, with its lines. A repeat moves nothing. Raises
    GatewayUnavailable, and RefundExceedsCapture as `refund_rest` does.
    """
    void_payment(reference=order_id)
    if Order.objects.get(pk=order_id).paid_at is None:
        _send_back(order_id)


def _send_back(order_id: UUID) -> None:
    try:
        refund_rest(reference=order_id, key=f"order:{order_id}")
    except RefundDeclined:
        # On record as refused in the ledger; the hourly check of the shop names the order.
        logger.exception("the money of order %s was not taken back", order_id)


def resume_placed_orders() -> int:
    """Go on with orders whose message was lost after they were written; returns how many went on."""
    since = timezone.now() - PLACED_FOR_TOO_LONG
    stuck = Order.objects.filter(status=OrderStatus.PLACED, created_at__lt=since)
    ids = stuck.order_by("created_at").values_list("pk", flat=True)
    return each_alone(
        "orders.resume_placed_orders", ids, lambda one: continue_order(order_id=one), most=100
    )
