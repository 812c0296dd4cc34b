"""Grant refunds, each once; the money follows when the news is heard."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from apps.core.models import new_id
from apps.core.types import Money
from apps.events.services import publish
from apps.orders.models import Order, OrderLine
from apps.payments.errors import RefundExceedsCapture
from apps.payments.selectors import get_payment
from apps.payments.services import refund_payment
from apps.refunds.errors import NothingLeftToReturn
from apps.refunds.events import RefundApproved
from apps.refunds.models import Refund, RefundLine
from apps.refunds.types import CreditedLine, ReturnedLine


@transaction.atomic
def approve_return(
    *, order_id: UUID, reference: str, lines: Sequence[ReturnedLine], reason: str
) -> Refund:
    """Take units of an order back, never more than were bought nor more money than was captured.

    The same reference is granted once. Raises NothingLeftToReturn, RefundExceedsCapture.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if granted := Refund.objects.filter(reference=reference).first():
        return granted
    amount = sum(line.amount_minor for line in lines)
    _check_captured(order, amount_minor=amount)
    sold = {
        line.pk: line
        for line in OrderLine.objects.filter(
            order=order, pk__in=[line.order_line_id for line in lines]
        )
    }
    _check_quantities(lines, sold=sold)
    refund = Refund.objects.create(
        id=new_id(),
        order=order,
        reference=reference,
        party=order.email,
        currency=order.currency,
        amount_minor=amount,
        reason=reason,
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            order_line=sold[line.order_line_id],
            sku=sold[line.order_line_id].sku,
            quantity=line.quantity,
            currency=order.currency,
            amount_minor=line.amount_minor,
        )
        for line in lines
    )
    _announce(refund, number=order.number)
    return refund


@transaction.atomic
def approve_credit(
    *, reference: str, party: str, currency: str, lines: Sequence[CreditedLine], reason: str
) -> Refund:
    """Grant a credit that belongs to no sale; it is owed to the party, not paid by a gateway.

    The same reference is granted once.
    """
    refund, is_new = Refund.objects.get_or_create(
        reference=reference,
        defaults={
            "id": new_id(),
            "party": party,
            "currency": currency,
            "amount_minor": sum(line.amount_minor for line in lines),
            "reason": reason,
        },
    )
    if is_new:
        RefundLine.objects.bulk_create(
            RefundLine(
                refund=refund,
                sku=line.sku,
                quantity=line.quantity,
                currency=currency,
                amount_minor=line.amount_minor,
            )
            for line in lines
        )
        _announce(refund, number="")
    return refund


def pay_back(*, refund_id: UUID) -> None:
    """Send a return's money back through the order's payment, once.

    Raises RefundExceedsCapture, GatewayUnavailable.
    """
    refund = Refund.objects.get(pk=refund_id)
    if refund.order_id and refund.amount_minor:
        refund_payment(reference=refund.order_id, amount=refund.amount, key=str(refund.pk))


def _check_captured(order: Order, *, amount_minor: int) -> None:
    """What was granted may not have been paid yet; what was paid may have been a cancellation's."""
    granted = Refund.objects.filter(order=order).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    payment = get_payment(order.pk)
    if max(granted, payment.refunded_minor) + amount_minor > payment.captured_minor:
        raise RefundExceedsCapture


def _check_quantities(lines: Sequence[ReturnedLine], *, sold: dict[int, OrderLine]) -> None:
    returned = dict(
        RefundLine.objects.filter(order_line__in=list(sold))
        .values_list("order_line")
        .annotate(Sum("quantity"))
    )
    for line in lines:
        if line.order_line_id not in sold:
            raise NothingLeftToReturn(order_line_id=line.order_line_id, left=0)
        left = sold[line.order_line_id].quantity - returned.get(line.order_line_id, 0)
        if line.quantity > left:
            raise NothingLeftToReturn(sku=sold[line.order_line_id].sku, left=left)
        returned[line.order_line_id] = returned.get(line.order_line_id, 0) + line.quantity


def _announce(refund: Refund, *, number: str) -> None:
    publish(
        RefundApproved(
            refund_id=str(refund.pk),
            order_id=str(refund.order_id) if refund.order_id else None,
            number=number,
            amount=Money(refund.amount_minor, refund.currency),
            reason=refund.reason,
        )
    )
