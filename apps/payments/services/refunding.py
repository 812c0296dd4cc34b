"""Give captured money back, never more than was taken."""

from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.core.types import Money
from apps.events.services import publish
from apps.payments.errors import RefundExceedsCapture
from apps.payments.events import PaymentRefunded
from apps.payments.gateways import gateway_named
from apps.payments.models import Payment, Transaction, TransactionKind, TransactionOutcome
from apps.payments.services.asking import insist
from apps.payments.types import GatewayRequest


def refund_payment(*, reference: UUID, amount: Money, key: str) -> None:
    """Send an amount back; the same key sends it once. Raises RefundExceedsCapture, GatewayUnavailable.

    The amount is claimed before the gateway is asked, so that two refunds cannot overlap; a crash in
    between is finished by the repeat, which finds its own claim.
    """
    payment = Payment.objects.get(reference=reference)
    request = GatewayRequest(
        key=_key_of(payment, key), amount=amount, reference=payment.gateway_reference
    )
    if not _claim(payment, request=request):
        return
    gateway = gateway_named(payment.gateway)
    answer = insist(gateway, gateway.refund, request)
    _record(payment, request=request, gateway_reference=answer.reference, key=key)


def refund_rest(*, reference: UUID, key: str) -> None:
    """Send back all that is left of an order's money; the same key sends it once.

    What a crash left claimed under the key is no longer "left", and is still to be sent.
    Raises GatewayUnavailable.
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


def _claim(payment: Payment, *, request: GatewayRequest) -> bool:
    """Take the amount out of what may still be refunded; False if the refund is done already."""
    with transaction.atomic():
        Payment.objects.select_for_update().get(pk=payment.pk)
        entries = Transaction.objects.filter(idempotency_key=request.key)
        outcomes = set(entries.values_list("outcome", flat=True))
        if TransactionOutcome.SUCCEEDED in outcomes:
            return False
        if TransactionOutcome.CLAIMED not in outcomes:
            left = Payment.objects.filter(
                pk=payment.pk,
                currency=request.amount.currency,
                captured_minor__gte=F("refunded_minor") + request.amount.minor,
            )
            if not left.update(refunded_minor=F("refunded_minor") + request.amount.minor):
                raise RefundExceedsCapture
            _add_entry(payment, request=request, outcome=TransactionOutcome.CLAIMED)
    return True


@transaction.atomic
def _record(payment: Payment, *, request: GatewayRequest, gateway_reference: str, key: str) -> None:
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
            refund_key=key,
        )
    )


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
