"""Give captured money back, never more than was taken."""

from enum import Enum, auto
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F

from apps.core.types import Money
from apps.events.services import publish
from apps.payments.errors import GatewayUnavailable, RefundDeclined, RefundExceedsCapture
from apps.payments.events import PaymentRefunded, PaymentRefundReturned
from apps.payments.models import (
    DiscrepancyKind,
    Payment,
    Transaction,
    TransactionOutcome,
)
from apps.payments.registry import payment_providers
from apps.payments.services.discrepancies import note_discrepancy
from apps.payments.services.provider_calls import ask, fetch, request_of
from apps.payments.types import GatewayRequest, Outcome, TransactionKind


def refund_payment(*, reference: UUID, amount: Money, key: str) -> None:
    """Send an amount back; the same key sends it once.

    The amount is claimed before the gateway is asked, so that two refunds cannot overlap; a crash in
    between is finished by the repeat, which finds its own claim. A refusal gives the claim back.
    Raises RefundExceedsCapture, RefundDeclined, GatewayUnavailable.
    """
    payment = Payment.objects.get(reference=reference)
    request = msgspec.structs.replace(
        request_of(payment, kind=TransactionKind.REFUND), key=_key_of(payment, key), amount=amount
    )
    claim = _claim(payment, request=request)
    if claim is _Claim.DONE:
        return
    gateway = payment_providers.get(payment.gateway)
    # A claim that was found may be older than the gateway remembers keys: look before asking again.
    answer = fetch(gateway, request) if claim is _Claim.FOUND else None
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


def refund_rest(*, reference: UUID, key: str) -> None:
    """Send back all that is left of an order's money; the same key sends it once.

    What a crash left claimed under the key is no longer "left", and is still to be sent. Raises
    RefundDeclined, GatewayUnavailable, and RefundExceedsCapture if another refund took of it meanwhile:
    a repeat sends what is left then.
    """
    payment = Payment.objects.get(reference=reference)
    claim = Transaction.objects.filter(
        idempotency_key=_key_of(payment, key), outcome=TransactionOutcome.CLAIMED
    ).first()
    left = claim.amount_minor if claim else payment.captured_minor - payment.refunded_minor
    if left > 0:
        refund_payment(reference=reference, amount=Money(left, payment.currency), key=key)


def _key_of(payment: Payment, key: str) -> str:
    return f"{payment.id}:refund:{key}"


def _own_key(payment: Payment, key: str) -> str:
    """The key that the asker gave, of the one that the gateway knows."""
    return key.removeprefix(_key_of(payment, ""))


class _Claim(Enum):
    NEW = auto()
    FOUND = auto()
    DONE = auto()


@transaction.atomic
def _claim(payment: Payment, *, request: GatewayRequest) -> _Claim:
    """Take the amount out of what may still be refunded, unless that was done under this key."""
    Payment.objects.select_for_update().get(pk=payment.pk)
    entries = {
        entry.outcome: entry for entry in Transaction.objects.filter(idempotency_key=request.key)
    }
    if TransactionOutcome.SUCCEEDED in entries:
        return _Claim.DONE
    if refused := entries.get(TransactionOutcome.DECLINED):
        raise RefundDeclined(reason=refused.reason)
    if TransactionOutcome.CLAIMED in entries:
        return _Claim.FOUND
    left = Payment.objects.filter(
        pk=payment.pk,
        currency=request.amount.currency,
        captured_minor__gte=F("refunded_minor") + request.amount.minor,
    )
    if not left.update(refunded_minor=F("refunded_minor") + request.amount.minor):
        raise RefundExceedsCapture
    _add_entry(payment, request=request, outcome=TransactionOutcome.CLAIMED)
    return _Claim.NEW


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
