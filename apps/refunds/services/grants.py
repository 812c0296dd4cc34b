"""Grant refunds, each once, under the order's lock; the money follows when the news is heard."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.core.models import new_id
from apps.core.services import retry_deadlocks
from apps.core.types import Money
from apps.events.services import publish
from apps.inventory.services import quantities_of, take_back
from apps.orders.models import Order, OrderLine
from apps.payments.errors import RefundExceedsCapture
from apps.refunds import rules
from apps.refunds.errors import NothingCaptured, NothingGranted, ReasonMissing
from apps.refunds.events import RefundApproved, RefundLineFact
from apps.refunds.models import Refund, RefundLine, RefundRequest
from apps.refunds.selectors import (
    is_returnable,
    list_line_accounts,
    money_left,
    preview_refund,
    price_lines,
)
from apps.refunds.services.adjustments import adjust_refund
from apps.refunds.types import (
    AdjustmentCode,
    ApprovedLine,
    CreditedLine,
    PricedLine,
    RefundKind,
    RefundState,
    ReturnedLine,
)


def lock_order(order_id: UUID) -> Order:
    """The order, locked: all that is granted for it is decided one after the other."""
    return Order.objects.select_for_update().get(pk=order_id)


@retry_deadlocks
def grant_refund(
    *,
    order_id: UUID,
    reference: str,
    actor_id: int,
    reason: str,
    lines: Sequence[ApprovedLine] = (),
    shipping_minor: int = 0,
    goodwill_minor: int = 0,
) -> Refund:
    """Give back what nobody asked for: units at what they cost, shipping, or goodwill.

    Amounts are in minor units and contain tax. The same reference is granted once. Raises
    NothingCaptured, ReasonMissing, NothingGranted, NothingLeftToReturn, MoreThanShipping,
    RefundExceedsCapture, InvalidInput, UnknownStock.
    """
    order = lock_order(order_id)
    if granted := Refund.objects.filter(reference=reference).first():
        return granted
    kind = RefundKind.RETURN if lines else RefundKind.GOODWILL
    return grant_priced(
        order,
        reference=reference,
        kind=kind,
        lines=lines,
        shipping_minor=shipping_minor,
        goodwill_minor=goodwill_minor,
        reason=reason,
        actor_id=actor_id,
    )


def grant_priced(
    order: Order,
    *,
    reference: str,
    kind: RefundKind,
    lines: Sequence[ApprovedLine],
    shipping_minor: int,
    goodwill_minor: int,
    reason: str,
    actor_id: int,
    request: RefundRequest | None = None,
) -> Refund:
    """Price what staff decided on a locked order (minor units, tax included), and grant it.

    Raises NothingCaptured, ReasonMissing, NothingGranted, NothingLeftToReturn, MoreThanShipping,
    RefundExceedsCapture, InvalidInput for goodwill below zero, and what write_refund raises.
    """
    if not is_returnable(order):
        raise NothingCaptured
    if not reason.strip():
        raise ReasonMissing
    if goodwill_minor < 0:
        raise InvalidInput(errors={"goodwill": "It must not be negative."})
    preview = preview_refund(
        order=order, lines=lines, shipping_minor=shipping_minor, goodwill_minor=goodwill_minor
    )
    if not lines and not preview.total.minor:
        raise NothingGranted
    if preview.is_too_much:
        raise RefundExceedsCapture(left_minor=preview.cap.minor)
    return write_refund(
        order,
        reference=reference,
        kind=kind,
        lines=preview.lines,
        shipping_minor=shipping_minor,
        goodwill_minor=goodwill_minor,
        reason=reason,
        actor_id=actor_id,
        request=request,
    )


@transaction.atomic
def approve_return(
    *,
    order_id: UUID,
    reference: str,
    lines: Sequence[ReturnedLine],
    reason: str,
    restock: bool = False,
) -> Refund:
    """Take units of an order back at amounts agreed elsewhere, never more than were bought nor more
    money than was captured; `restock` puts them on the shelf.

    Amounts are in minor units and contain tax. The same reference is granted once. Raises
    NothingLeftToReturn, RefundExceedsCapture, UnknownStock.
    """
    order = lock_order(order_id)
    if granted := Refund.objects.filter(reference=reference).first():
        return granted
    if sum(line.amount_minor for line in lines) > money_left(order).minor:
        raise RefundExceedsCapture
    wanted = [
        ApprovedLine(order_line_id=line.order_line_id, quantity=line.quantity, restock=restock)
        for line in lines
    ]
    priced = price_lines(list_line_accounts(order), wanted=wanted)
    return write_refund(
        order,
        reference=reference,
        kind=RefundKind.RETURN,
        lines=[
            rules.at_amount(line, minor=agreed.amount_minor)
            for line, agreed in zip(priced, lines, strict=True)
        ],
        reason=reason,
    )


@transaction.atomic
def approve_credit(
    *, reference: str, party: str, currency: str, lines: Sequence[CreditedLine], reason: str
) -> Refund:
    """Grant a credit that belongs to no sale; it is owed to the party, not paid by a gateway.

    Amounts are in minor units and contain tax. The same reference is granted once.
    """
    amount = sum(line.amount_minor for line in lines)
    refund, is_new = Refund.objects.get_or_create(
        reference=reference,
        defaults={
            "id": new_id(),
            "kind": RefundKind.CREDIT,
            "party": party,
            "currency": currency,
            "amount_minor": amount,
            "lines_minor": amount,
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
                paid_minor=line.amount_minor,
                amount_minor=line.amount_minor,
            )
            for line in lines
        )
        _announce(refund, number="", actor_id=None)
    return refund


def write_refund(
    order: Order,
    *,
    reference: str,
    kind: RefundKind,
    lines: Sequence[PricedLine],
    reason: str,
    shipping_minor: int = 0,
    goodwill_minor: int = 0,
    deviation: AdjustmentCode = AdjustmentCode.AGREED,
    actor_id: int | None = None,
    request: RefundRequest | None = None,
) -> Refund:
    """Write what was decided, put what can be sold again on the shelf, and announce it.

    Amounts are in minor units and contain tax. `deviation` is why a line may not be given back at what
    was paid for it. Raises UnknownStock for units whose variant is gone.
    """
    goods = sum(line.paid_minor for line in lines)
    deviations = sum(line.amount_minor - line.paid_minor for line in lines)
    amount = goods + shipping_minor + deviations + goodwill_minor
    refund = Refund.objects.create(
        id=new_id(),
        order=order,
        request=request,
        reference=reference,
        kind=kind,
        # Of nothing, nothing is sent: there is no gateway to hear from.
        state=RefundState.APPROVED if amount else RefundState.PAID,
        paid_at=None if amount else timezone.now(),
        party=order.email,
        currency=order.currency,
        amount_minor=amount,
        lines_minor=goods,
        shipping_minor=shipping_minor,
        adjustments_minor=deviations + goodwill_minor,
        reason=reason[:200],
        granted_by=actor_id,
    )
    rows = _take_back(refund, lines=lines)
    adjust_refund(refund, lines=rows, deviation=deviation, goodwill_minor=goodwill_minor)
    _announce(refund, number=order.number, actor_id=actor_id)
    return refund


def _take_back(refund: Refund, *, lines: Sequence[PricedLine]) -> list[RefundLine]:
    rows = RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            order_line_id=line.order_line_id,
            sku=line.sku,
            quantity=line.quantity,
            currency=refund.currency,
            paid_minor=line.paid_minor,
            amount_minor=line.amount_minor,
            tax_minor=line.tax_minor,
            is_restocked=line.restock,
        )
        for line in lines
    )
    restocked = quantities_of((row.sku, row.quantity) for row in rows if row.is_restocked)
    if restocked:
        take_back(quantities=restocked, reference=f"refund:{refund.pk}")
    return rows


def _announce(refund: Refund, *, number: str, actor_id: int | None) -> None:
    lines = RefundLine.objects.filter(refund=refund).select_related("order_line").order_by("pk")
    publish(
        RefundApproved(
            refund_id=str(refund.pk),
            order_id=str(refund.order_id) if refund.order_id else None,
            number=number,
            amount=Money(refund.amount_minor, refund.currency),
            reason=refund.reason,
            kind=str(refund.kind),
            request_id=str(refund.request_id) if refund.request_id else None,
            lines=tuple(
                RefundLineFact(
                    sku=line.sku,
                    title=_title_of(line.order_line),
                    quantity=line.quantity,
                    restocked=line.is_restocked,
                )
                for line in lines
            ),
        ),
        actor_id=actor_id,
    )


def _title_of(line: OrderLine | None) -> str:
    return line.title if line else ""
