"""The one place from which money goes back: what was granted, what nobody owes, and what nobody knows."""

import logging
from collections.abc import Sequence
from enum import Enum, auto
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F

from apps.core.types import Money
from apps.events.services import publish
from apps.payments import rules
from apps.payments.errors import GatewayUnavailable, RefundDeclined, RefundExceedsCapture
from apps.payments.events import PaymentRefunded, PaymentRefundReturned
from apps.payments.models import (
    DiscrepancyKind,
    Payment,
    Transaction,
    TransactionOutcome,
)
from apps.payments.registry import PaymentProvider, payment_providers
from apps.payments.selectors import list_payments
from apps.payments.services.discrepancies import note_discrepancy
from apps.payments.services.payments import let_go, void_payment
from apps.payments.services.provider_calls import ask, fetch, request_of
from apps.payments.types import GatewayRecord, GatewayRequest, Outcome, TransactionKind

logger = logging.getLogger(__name__)

# Under which key goes back what nobody owes: of each payment once, and whole.
_UNOWED = "unowed"


class _Claim(Enum):
    NEW = auto()
    FOUND = auto()
    DONE = auto()
    REFUSED = auto()


class _Part(msgspec.Struct, frozen=True):
    """What goes back by one payment, and whether that is claimed, done or refused already."""

    payment: Payment
    request: GatewayRequest
    claim: _Claim
    reason: str = ""


def refund_payments(*, reference: UUID, amount: Money, key: str) -> None:
    """Send back an amount of what an order's payments took, by the first share first; the same key sends it once.

    All parts are claimed in one transaction before any gateway is asked, so that two refunds cannot overlap; a
    crash in between is finished by the repeat, which finds its own claims. A refusal gives the claim of its
    part back; what went by another payment has gone. Raises RefundExceedsCapture, RefundDeclined,
    GatewayUnavailable.
    """
    _send_all(_claim(reference=reference, amount=amount, key=key))


def finish_refund(claim: Transaction) -> None:
    """Send what a crash left claimed. Raises RefundDeclined, GatewayUnavailable."""
    request = _request(claim.payment, key=claim.idempotency_key, minor=claim.amount_minor)
    _send(_found(claim.payment, request=request) or _Part(claim.payment, request, _Claim.FOUND))


def return_undue(*, reference: UUID, whole: bool) -> None:
    """Let go of, and send back, what an order's payments hold or took and nobody owes; a repeat moves nothing.

    That is what closed payments have; of an order that will not be it is the `whole`. Raises GatewayUnavailable,
    after all that could be asked was asked.
    """
    unanswered = None
    for payment in list_payments(reference):
        try:
            if whole:
                void_payment(payment_id=payment.pk)
                payment.refresh_from_db()
            if whole or payment.closed_at:
                _return(payment)
        except GatewayUnavailable as error:
            unanswered = error
    if unanswered:
        raise unanswered


def return_late(*, payment_id: UUID) -> None:
    """Send back what a closed payment took; a repeat moves nothing. Raises GatewayUnavailable."""
    _return(Payment.objects.get(pk=payment_id))


def return_unknown(
    *, gateway: PaymentProvider, record: GatewayRecord, amount: Money, is_held: bool
) -> bool:
    """Let go of, or send back, money of a payment that is in no ledger of ours; False if the gateway refuses.

    Raises GatewayUnavailable.
    """
    kind = TransactionKind.VOID if is_held else TransactionKind.REFUND
    request = GatewayRequest(
        key=f"unknown:{record.reference}:{kind}:{amount.minor}",
        kind=kind,
        amount=amount,
        reference=record.reference,
        payment_id=record.payment_id,
    )
    answer = ask(gateway, gateway.void if is_held else gateway.refund, request)
    return answer.outcome == Outcome.SUCCEEDED


def _return(payment: Payment) -> None:
    """Let go of what a payment holds, and send back what it took, all that is left of it."""
    if payment.authorised_minor or payment.action_url:
        let_go(payment)
    part = _claim_rest(payment)
    if part is None:
        return
    try:
        _send(part)
    except RefundDeclined:
        # On record as refused in the ledger; the hourly check of the shop names the order.
        logger.exception("what payment %s took is not given back", payment.pk)


@transaction.atomic
def _claim_rest(payment: Payment) -> _Part | None:
    """Claim all that is left of what a payment took, or find what a crash left claimed."""
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    left = locked.captured_minor - locked.refunded_minor
    request = _request(locked, key=_key_of(locked, _UNOWED), minor=left)
    if found := _found(locked, request=request):
        return found
    return _take(locked, request=request) if left > 0 else None


def _key_of(payment: Payment, key: str) -> str:
    return f"{payment.id}:refund:{key}"


def _own_key(payment: Payment, key: str) -> str:
    """The key that the asker gave, of the one that the gateway knows."""
    return key.removeprefix(_key_of(payment, ""))


def _request(payment: Payment, *, key: str, minor: int) -> GatewayRequest:
    return msgspec.structs.replace(
        request_of(payment, kind=TransactionKind.REFUND),
        key=key,
        amount=Money(minor, payment.currency),
    )


@transaction.atomic
def _claim(*, reference: UUID, amount: Money, key: str) -> list[_Part]:
    """Take the amount out of what may still be refunded, unless that was done under this key."""
    live = Payment.objects.filter(reference=reference, currency=amount.currency, closed_at=None)
    # By share, so that two refunds never wait for each other in a ring.
    payments = list(live.select_for_update().order_by("share"))
    found = [
        part
        for payment in payments
        if (part := _found(payment, request=_request(payment, key=_key_of(payment, key), minor=0)))
    ]
    if found:
        return found
    parts = rules.split(
        amount.minor, left=[one.captured_minor - one.refunded_minor for one in payments]
    )
    if sum(parts) < amount.minor:
        raise RefundExceedsCapture
    return [
        _take(payment, request=_request(payment, key=_key_of(payment, key), minor=minor))
        for payment, minor in zip(payments, parts, strict=True)
        if minor
    ]


def _found(payment: Payment, *, request: GatewayRequest) -> _Part | None:
    """What was claimed of a payment under the request's key, and how far that has come."""
    entries = {
        entry.outcome: entry for entry in Transaction.objects.filter(idempotency_key=request.key)
    }
    claimed = entries.get(TransactionOutcome.CLAIMED)
    if claimed is None:
        return None
    request = _request(payment, key=request.key, minor=claimed.amount_minor)
    if refused := entries.get(TransactionOutcome.DECLINED):
        return _Part(payment, request, _Claim.REFUSED, refused.reason)
    is_done = TransactionOutcome.SUCCEEDED in entries
    return _Part(payment, request, _Claim.DONE if is_done else _Claim.FOUND)


def _take(payment: Payment, *, request: GatewayRequest) -> _Part:
    """Claim a part of what a locked payment took."""
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=F("refunded_minor") + request.amount.minor
    )
    _add_entry(payment, request=request, outcome=TransactionOutcome.CLAIMED)
    return _Part(payment, request, _Claim.NEW)


def _send_all(parts: Sequence[_Part]) -> None:
    """Send each part, whatever becomes of another. What is refused is only told once all else is answered."""
    refused, unanswered = None, None
    for part in parts:
        try:
            _send(part)
        except RefundDeclined as refusal:
            refused = refusal
        except GatewayUnavailable as error:
            unanswered = error
    if failure := unanswered or refused:
        raise failure


def _send(part: _Part) -> None:
    """Ask for one claimed part, unless that is done. Raises RefundDeclined, GatewayUnavailable."""
    payment, request = part.payment, part.request
    if part.claim is _Claim.DONE:
        return
    if part.claim is _Claim.REFUSED:
        raise RefundDeclined(reason=part.reason)
    gateway = payment_providers.get(payment.gateway)
    # A claim that was found may be older than the gateway remembers keys: look before asking again.
    answer = fetch(gateway, request) if part.claim is _Claim.FOUND else None
    answer = answer or ask(gateway, gateway.refund, request)
    if answer.outcome == Outcome.SUCCEEDED:
        record_refund(payment, request=request, gateway_reference=answer.reference)
        return
    if answer.outcome != Outcome.DECLINED:
        raise GatewayUnavailable(f"{request.key}: {answer.outcome}")
    return_claim(
        payment, key=request.key, reason=answer.reason, kind=DiscrepancyKind.REFUND_REFUSED
    )
    raise RefundDeclined(reason=answer.reason)


@transaction.atomic
def record_refund(payment: Payment, *, request: GatewayRequest, gateway_reference: str) -> None:
    """The gateway has sent a claimed refund; recorded and announced once."""
    Payment.objects.select_for_update().get(pk=payment.pk)
    done = Transaction.objects.filter(
        idempotency_key=request.key, outcome=TransactionOutcome.SUCCEEDED
    )
    if done.exists():
        return
    _add_entry(
        payment,
        request=request,
        outcome=TransactionOutcome.SUCCEEDED,
        gateway_reference=gateway_reference,
    )
    publish(
        PaymentRefunded(
            payment_id=str(payment.id),
            reference=str(payment.reference),
            gateway=payment.gateway,
            amount=request.amount,
            refund_key=_own_key(payment, request.key),
        )
    )


@transaction.atomic
def return_claim(payment: Payment, *, key: str, reason: str, kind: DiscrepancyKind) -> bool:
    """The gateway will not send, or could not deliver, a refund: its amount counts as captured again.

    Somebody has to look after the shopper's money now; that money had left and came back is announced.
    False if that is on record already, or nothing was claimed under the key.
    """
    Payment.objects.select_for_update().get(pk=payment.pk)
    entries = {entry.outcome: entry for entry in Transaction.objects.filter(idempotency_key=key)}
    claim = entries.get(TransactionOutcome.CLAIMED)
    if claim is None or TransactionOutcome.DECLINED in entries:
        return False
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=F("refunded_minor") - claim.amount_minor
    )
    Transaction.objects.create(
        payment=payment,
        kind=TransactionKind.REFUND,
        outcome=TransactionOutcome.DECLINED,
        amount_minor=claim.amount_minor,
        currency=claim.currency,
        idempotency_key=key,
        reason=reason[:200],
    )
    note_discrepancy(
        gateway=payment.gateway,
        reference=key,
        kind=kind,
        amount=Money(claim.amount_minor, claim.currency),
        payment=payment,
        note=reason,
    )
    if TransactionOutcome.SUCCEEDED in entries:
        publish(
            PaymentRefundReturned(
                payment_id=str(payment.id),
                reference=str(payment.reference),
                gateway=payment.gateway,
                amount=Money(claim.amount_minor, claim.currency),
                refund_key=_own_key(payment, key),
                reason=reason[:200],
            )
        )
    return True


def _add_entry(
    payment: Payment,
    *,
    request: GatewayRequest,
    outcome: TransactionOutcome,
    gateway_reference: str = "",
) -> None:
    Transaction.objects.create(
        payment=payment,
        kind=TransactionKind.REFUND,
        outcome=outcome,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        idempotency_key=request.key,
        gateway_reference=gateway_reference,
    )
