"""Compare gateways and ledger, finish what was left half done, and say aloud what stays different.

Each part takes a bounded piece per run, the longest unlooked-at first; the next run goes on from there.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.core.services import each_alone, record_metric
from apps.core.types import Metric, Money
from apps.payments.errors import GatewayUnavailable, RefundDeclined
from apps.payments.models import (
    Discrepancy,
    DiscrepancyKind,
    EventOutcome,
    Payment,
    Transaction,
    TransactionOutcome,
    WebhookEvent,
)
from apps.payments.services.discrepancies import note_discrepancy, settle_discrepancy
from apps.payments.services.provider_books import compare_books
from apps.payments.services.provider_calls import CircuitBreaker
from apps.payments.services.refunds import finish_refund
from apps.payments.services.resolution import resolve_payment
from apps.payments.services.webhooks import hear_again

logger = logging.getLogger(__name__)

AT_MOST = 100
# What is younger is probably being worked on right now.
UNDISTURBED = timedelta(minutes=3)
ALARM_AFTER = timedelta(minutes=10)


def reconcile(*, now: datetime) -> int:
    """Bring gateways and ledger together; returns how many discrepancies are older than ten minutes."""
    breaker = CircuitBreaker()

    def finish_payment(payment: Payment) -> None:
        breaker.attempt(payment.gateway, _finish_payment, payment, now=now)

    def finish_refund(claim: Transaction) -> None:
        breaker.attempt(claim.payment.gateway, _finish_refund, claim)

    sweep = "payments.reconcile"
    each_alone(
        f"{sweep}:payments", _unfinished_payments(now), finish_payment, key=_key, most=AT_MOST
    )
    each_alone(f"{sweep}:refunds", _unfinished_refunds(now), finish_refund, key=_key, most=AT_MOST)
    each_alone(f"{sweep}:messages", _unmatched_events(now), _hear_again, most=AT_MOST)
    compare_books(now=now, breaker=breaker)
    old = Discrepancy.objects.filter(settled_at=None, first_seen_at__lte=now - ALARM_AFTER).count()
    record_metric(Metric.PAYMENT_DISCREPANCIES, value=old)
    return old


def _key(row: Payment | Transaction) -> str:
    return str(row.pk)


def _hear_again(event_pk: int) -> None:
    hear_again(event_pk=event_pk)


def _unfinished_payments(now: datetime) -> QuerySet[Payment]:
    """Those that wait for a shopper, hold money, or were closed before their gateway had let go."""
    quiet = Payment.objects.filter(
        amount_minor__gt=0,
        captured_minor=0,
        released_at=None,
        created_at__lte=now - UNDISTURBED,
    )
    begun = Q(authorised_minor__gt=0) | ~Q(action_url="") | Q(closed_at__lte=now - UNDISTURBED)
    return quiet.filter(begun).order_by(F("checked_at").asc(nulls_first=True), "pk")


def _finish_payment(payment: Payment, *, now: datetime) -> None:
    """Ask how a payment stands; a closed one that still holds money is a discrepancy."""
    Payment.objects.filter(pk=payment.pk).update(checked_at=now)
    reference = str(payment.pk)
    try:
        resolved = resolve_payment(payment_id=payment.pk)
    except GatewayUnavailable as error:
        if payment.closed_at:
            _note_unfinished(payment, reference, amount=payment.amount, note=str(error))
        raise
    if resolved.released_at or resolved.captured_minor:
        _settle_unfinished(payment, reference)


def _unfinished_refunds(now: datetime) -> QuerySet[Transaction]:
    """Claims that no answer has followed."""
    answers = Transaction.objects.filter(idempotency_key=OuterRef("idempotency_key")).exclude(
        outcome=TransactionOutcome.CLAIMED
    )
    claims = Transaction.objects.filter(
        ~Exists(answers),
        # Refunds alone are claimed before they are asked for.
        outcome=TransactionOutcome.CLAIMED,
        created_at__range=(now - timedelta(days=30), now - UNDISTURBED),
    )
    return claims.select_related("payment").order_by("created_at")


def _finish_refund(claim: Transaction) -> None:
    """Send a claimed refund again by its key; one that cannot be sent is a discrepancy."""
    payment, amount = claim.payment, Money(claim.amount_minor, claim.currency)
    try:
        finish_refund(claim)
    except RefundDeclined:
        logger.warning("refund %s was refused", claim.idempotency_key)
    except GatewayUnavailable as error:
        _note_unfinished(payment, claim.idempotency_key, amount=amount, note=str(error))
        raise
    _settle_unfinished(payment, claim.idempotency_key)


def _note_unfinished(payment: Payment, reference: str, *, amount: Money, note: str) -> None:
    note_discrepancy(
        gateway=payment.gateway,
        reference=reference,
        kind=DiscrepancyKind.UNFINISHED,
        amount=amount,
        payment=payment,
        note=note,
    )


def _settle_unfinished(payment: Payment, reference: str) -> None:
    settle_discrepancy(
        gateway=payment.gateway, reference=reference, kind=DiscrepancyKind.UNFINISHED
    )


def _unmatched_events(now: datetime) -> QuerySet[WebhookEvent, int]:
    """Messages that came before their payment had a reference to be found by."""
    lately = WebhookEvent.objects.filter(
        outcome=EventOutcome.UNMATCHED, received_at__gte=now - timedelta(days=1)
    )
    return lately.order_by("received_at").values_list("pk", flat=True)
