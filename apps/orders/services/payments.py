"""Take the money of an order and give it back: the gateway is asked between transactions, never inside."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.services import each_alone
from apps.orders.models import Order, OrderLine
from apps.orders.rules import PLACED_FOR_TOO_LONG, needs_approval
from apps.orders.services.announcements import announce_payment_return_due
from apps.orders.services.transitions import mark_awaiting_approval, mark_paid, wait_for_payment
from apps.orders.types import STOPPED, UNPAID, OrderStatus
from apps.payments.errors import CaptureDeclined
from apps.payments.models import Payment
from apps.payments.selectors import get_standing, list_payments
from apps.payments.services import authorise_payment, capture_payment, return_undue
from apps.payments.types import Outcome


def take_payment(order: Order, *, lines: Sequence[OrderLine], payments: Sequence[Payment]) -> None:
    """Take the order as far as the banks, the shopper and the manager let it go.

    All shares are held before the first is captured. Raises GatewayUnavailable.
    """
    live = [one for one in payments if one.is_live]
    is_held = all(authorise_payment(one).outcome == Outcome.SUCCEEDED for one in live)
    if not is_held or sum(one.amount_minor for one in live) != order.total_minor:
        wait_for_payment(order_id=order.id)
    elif _needs_approval(order):
        mark_awaiting_approval(order_id=order.id)
    else:
        _capture(order, lines=lines, payments=live)


def _capture(order: Order, *, lines: Sequence[OrderLine], payments: Sequence[Payment]) -> None:
    try:
        for payment in payments:
            capture_payment(payment)
    except CaptureDeclined:
        wait_for_payment(order_id=order.id)
    else:
        mark_paid(order, lines=lines)


def _needs_approval(order: Order) -> bool:
    return order.approved_at is None and needs_approval(
        total=order.total, channel=order.channel, limits=settings.APPROVAL_LIMITS
    )


def continue_order(*, order_id: UUID) -> None:
    """Go on with an order that waited: for its shopper, for a manager, or for a worker that died.

    What attempts hold that others took the place of is let go, and so is what a stopped order holds. A
    repeat changes nothing. Raises GatewayUnavailable.
    """
    order = Order.objects.get(pk=order_id)
    if order.status in UNPAID:
        lines = list(order.lines.order_by("position"))
        take_payment(order, lines=lines, payments=list(list_payments(order_id)))
    return_money(order_id=order_id)


@transaction.atomic
def settle_payment(*, order_id: UUID) -> None:
    """Money has arrived: with all of it the order becomes paid. Of a stopped order it goes back."""
    order = Order.objects.get(pk=order_id)
    # Mostly the order's own worker was quicker; then nothing more is read.
    if order.status in STOPPED:
        announce_payment_return_due(order)
    if order.status not in UNPAID:
        return
    if get_standing(order_id, total=order.total).captured_minor == order.total_minor:
        mark_paid(order, lines=list(order.lines.order_by("position")))


def return_money(*, order_id: UUID) -> None:
    """Give back what an order's payments hold or took and it does not owe: of one that will never be paid
    that is all, else what came after another attempt had taken its place.

    What a paid order took goes back as a refund, with its lines. A repeat moves nothing. Raises
    GatewayUnavailable.
    """
    order = Order.objects.get(pk=order_id)
    is_undue = order.status in STOPPED and order.paid_at is None
    return_undue(reference=order_id, whole=is_undue)


def resume_placed_orders() -> int:
    """Go on with orders whose message was lost after they were written; returns how many went on."""
    since = timezone.now() - PLACED_FOR_TOO_LONG
    stuck = Order.objects.filter(status=OrderStatus.PLACED, created_at__lt=since)
    ids = stuck.order_by("created_at").values_list("pk", flat=True)
    return each_alone(
        "orders.resume_placed_orders", ids, lambda one: continue_order(order_id=one), most=100
    )
