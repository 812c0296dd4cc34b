"""Somebody asks, staff decide, once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.core.models import new_id
from apps.core.services import retry_deadlocks
from apps.events.services import publish
from apps.orders.models import Order
from apps.refunds.errors import (
    AlreadyDecided,
    MoreThanAsked,
    NothingAsked,
    NothingCaptured,
    NothingLeftToReturn,
    ReasonMissing,
)
from apps.refunds.events import RefundLineFact, RefundRefused, RefundRequested
from apps.refunds.models import Refund, RefundRequest, RefundRequestLine
from apps.refunds.selectors import is_returnable, list_line_accounts
from apps.refunds.services.grants import grant_priced, lock_order
from apps.refunds.types import (
    ApprovedLine,
    AskedLine,
    LineAccount,
    RefundKind,
    Requester,
    RequestState,
    ReturnReason,
)


@transaction.atomic
def request_refund(
    *,
    order_id: UUID,
    requested_by: Requester,
    actor_id: int | None,
    lines: Sequence[AskedLine],
    reason: str,
    text: str = "",
) -> RefundRequest:
    """Write down what somebody wants to send back, and announce it; pictures may follow.

    Raises NothingCaptured, NothingAsked, NothingLeftToReturn, InvalidInput.
    """
    order = lock_order(order_id)
    if not is_returnable(order):
        raise NothingCaptured
    if not lines:
        raise NothingAsked
    _check_words(reason=reason, text=text, lines=lines)
    _check_units(lines, accounts=list_line_accounts(order))
    request = RefundRequest.objects.create(
        id=new_id(),
        order=order,
        requested_by=requested_by,
        actor_id=actor_id,
        state=RequestState.REQUESTED,
        reason=reason,
        text=text,
    )
    RefundRequestLine.objects.bulk_create(
        RefundRequestLine(
            request=request,
            order_line_id=line.order_line_id,
            quantity=line.quantity,
            reason=line.reason or reason,
        )
        for line in lines
    )
    publish(
        RefundRequested(**_about(request, order), requested_by=requested_by, reason=reason),
        actor_id=actor_id,
    )
    return request


@retry_deadlocks
def approve_request(
    *,
    request_id: UUID,
    actor_id: int,
    lines: Sequence[ApprovedLine],
    shipping_minor: int = 0,
    goodwill_minor: int = 0,
    reason: str = "",
) -> Refund:
    """Grant a request in whole or in part, once, with shipping and goodwill on top (minor units).

    Units that are not named stay with the customer. Raises AlreadyDecided, MoreThanAsked, and what
    grant_refund raises.
    """
    request, order = _lock(request_id)
    approved = {line.order_line_id: line for line in lines if line.quantity}
    asked = {line.order_line_id: line for line in request.lines.all()}
    for line in approved.values():
        if line.order_line_id not in asked or line.quantity > asked[line.order_line_id].quantity:
            raise MoreThanAsked(order_line_id=line.order_line_id)
    _decide(request, state=RequestState.APPROVED, actor_id=actor_id)
    for row in asked.values():
        decision = approved.get(row.order_line_id)
        row.approved_quantity = decision.quantity if decision else 0
        row.restock = bool(decision and decision.restock)
    RefundRequestLine.objects.bulk_update(asked.values(), ["approved_quantity", "restock"])
    return grant_priced(
        order,
        reference=f"request:{request_id}",
        kind=RefundKind.RETURN if approved else RefundKind.GOODWILL,
        lines=list(approved.values()),
        shipping_minor=shipping_minor,
        goodwill_minor=goodwill_minor,
        reason=reason or str(request.get_reason_display()),
        actor_id=actor_id,
        request=request,
    )


@transaction.atomic
def refuse_request(*, request_id: UUID, actor_id: int, reason: str) -> None:
    """Refuse a request, once, with a reason that the customer reads.

    Raises AlreadyDecided, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    request, order = _lock(request_id)
    _decide(request, state=RequestState.REFUSED, actor_id=actor_id, refusal_reason=reason.strip())
    publish(RefundRefused(**_about(request, order), refusal=reason.strip()), actor_id=actor_id)


def _lock(request_id: UUID) -> tuple[RefundRequest, Order]:
    order = lock_order(RefundRequest.objects.values_list("order", flat=True).get(pk=request_id))
    request = RefundRequest.objects.prefetch_related("lines__order_line").get(pk=request_id)
    return request, order


def _decide(request: RefundRequest, *, state: RequestState, actor_id: int, **changes: Any) -> None:
    open_ones = RefundRequest.objects.filter(pk=request.pk, state=RequestState.REQUESTED)
    now = timezone.now()
    if not open_ones.update(
        state=state, decided_at=now, decided_by=actor_id, updated_at=now, **changes
    ):
        raise AlreadyDecided(state=request.state)
    request.refresh_from_db()


def _check_words(*, reason: str, text: str, lines: Sequence[AskedLine]) -> None:
    known = set(ReturnReason)
    reasons = {reason, *(line.reason for line in lines if line.reason)}
    if unknown := sorted(reasons - known):
        raise InvalidInput(errors={"reason": f"Not a reason: {', '.join(unknown)}"})
    if len(text) > 2000:
        raise InvalidInput(errors={"text": "At most 2,000 characters."})


def _check_units(lines: Sequence[AskedLine], *, accounts: Sequence[LineAccount]) -> None:
    by_line = {account.order_line_id: account for account in accounts}
    counts = Counter(line.order_line_id for line in lines)
    for line in lines:
        account = by_line.get(line.order_line_id)
        if account is None or counts[line.order_line_id] > 1:
            raise NothingLeftToReturn(order_line_id=line.order_line_id, left=0)
        if not 0 < line.quantity <= account.free:
            raise NothingLeftToReturn(sku=account.sku, left=account.free)


def _about(request: RefundRequest, order: Order) -> dict[str, Any]:
    lines = request.lines.select_related("order_line").order_by("order_line__position")
    return {
        "request_id": str(request.pk),
        "order_id": str(order.pk),
        "number": order.number,
        "lines": tuple(
            RefundLineFact(
                sku=line.order_line.sku,
                title=line.order_line.title,
                quantity=line.quantity,
                reason=line.reason,
            )
            for line in lines
        ),
    }
