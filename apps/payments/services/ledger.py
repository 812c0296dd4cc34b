"""Write down what gateways say. A fact counts once, whoever brings it and in whatever order.

Nothing here asks anybody, so everything here may run inside a transaction.
"""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.services import record_metric
from apps.core.types import Metric, Money
from apps.events.services import publish
from apps.payments.events import (
    PaymentAuthorised,
    PaymentCameLate,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
)
from apps.payments.models import Payment, Transaction, TransactionOutcome
from apps.payments.types import GatewayAnswer, Outcome, TransactionKind


@transaction.atomic
def record_authorisation(
    payment: Payment, *, answer: GatewayAnswer, announce: bool = False
) -> bool:
    """Record how an open payment's authorisation was answered; False if a twin did, or it is closed.

    A hold is announced where somebody else than the order's own worker has learnt of it.
    """
    waiting = Payment.objects.filter(pk=payment.pk, closed_at=None, authorised_minor=0)
    if answer.outcome == Outcome.ACTION_REQUIRED:
        waiting = waiting.filter(action_url="")
    succeeded, declined = (answer.outcome == one for one in (Outcome.SUCCEEDED, Outcome.DECLINED))
    now = timezone.now() if declined else None
    recorded = waiting.update(
        gateway_reference=answer.reference or payment.gateway_reference,
        action_url=answer.action_url,
        authorised_minor=payment.amount_minor if succeeded else 0,
        closed_at=now,
        released_at=now,
    )
    if not recorded:
        return False
    payment.gateway_reference = answer.reference or payment.gateway_reference
    payment.authorised_minor = payment.amount_minor if succeeded else 0
    _add_to_ledger(payment, kind=TransactionKind.AUTHORISE, answer=answer)
    if succeeded and announce:
        publish(PaymentAuthorised(payment_id=str(payment.id), reference=str(payment.reference)))
    if declined:
        _announce_failure(payment, reason=answer.reason)
    return True


@transaction.atomic
def record_late_answer(payment: Payment, *, answer: GatewayAnswer | None) -> None:
    """Record what a gateway holds, or could still come to hold, for a payment that is closed.

    What is on record can be let go of; what is not would stay with the shopper's bank for days.
    """
    closed = Payment.objects.filter(pk=payment.pk, captured_minor=0).exclude(closed_at=None)
    if answer is None or answer.outcome == Outcome.DECLINED:
        closed.filter(released_at=None).update(released_at=timezone.now(), action_url="")
        return
    held = answer.outcome == Outcome.SUCCEEDED
    unknown = closed.filter(authorised_minor=0)
    if not held:
        unknown = unknown.filter(action_url="")
    if unknown.update(
        authorised_minor=payment.amount_minor if held else 0,
        gateway_reference=answer.reference or payment.gateway_reference,
        action_url=answer.action_url,
        released_at=None,
    ):
        _add_to_ledger(payment, kind=TransactionKind.AUTHORISE, answer=answer)


@transaction.atomic
def record_release(payment: Payment, *, answer: GatewayAnswer) -> None:
    """Nothing is held for a closed payment any more."""
    closed = Payment.objects.filter(pk=payment.pk, captured_minor=0).exclude(closed_at=None)
    released = closed.filter(released_at=None).update(released_at=timezone.now(), action_url="")
    if released and payment.authorised_minor:
        _add_once(payment, kind=TransactionKind.VOID, answer=answer)


@transaction.atomic
def record_lost_hold(payment: Payment, *, answer: GatewayAnswer) -> None:
    """The gateway let go of an open payment's money by itself: the hold ran out, or staff ended it."""
    open_hold = Payment.objects.filter(
        pk=payment.pk, closed_at=None, captured_minor=0, authorised_minor__gt=0
    )
    now = timezone.now()
    if open_hold.update(closed_at=now, released_at=now):
        released = GatewayAnswer(
            outcome=Outcome.SUCCEEDED, reference=answer.reference, reason=answer.reason
        )
        _add_once(payment, kind=TransactionKind.VOID, answer=released)
        _announce_failure(payment, reason=answer.reason)


@transaction.atomic
def record_capture(payment: Payment, *, answer: GatewayAnswer) -> None:
    """Record money that was taken, also by a payment that was closed: then it came too late, and goes back."""
    minor = min(answer.captured_minor or payment.amount_minor, payment.amount_minor)
    changes: dict[str, Any] = {"authorised_minor": F("amount_minor"), "captured_minor": minor}
    if not payment.authorised_minor:
        changes |= {"gateway_reference": answer.reference, "action_url": ""}
    untaken = Payment.objects.filter(pk=payment.pk, captured_minor=0)
    in_time = untaken.filter(closed_at=None).update(**changes)
    if in_time or untaken.update(**changes):
        if not payment.authorised_minor:
            _add_once(payment, kind=TransactionKind.AUTHORISE, answer=answer)
        _add_to_ledger(payment, kind=TransactionKind.CAPTURE, answer=answer, minor=minor)
        publish(
            PaymentCaptured(
                payment_id=str(payment.id),
                reference=str(payment.reference),
                gateway=payment.gateway,
                amount=Money(minor, payment.currency),
            )
        )
        if not in_time:
            publish(PaymentCameLate(payment_id=str(payment.id), reference=str(payment.reference)))
    payment.captured_minor = minor


@transaction.atomic
def record_refused_capture(payment: Payment, *, answer: GatewayAnswer) -> None:
    """The money will never be taken: close the payment and say so."""
    still_open = Payment.objects.filter(pk=payment.pk, closed_at=None, captured_minor=0)
    if still_open.update(closed_at=timezone.now()):
        _add_to_ledger(payment, kind=TransactionKind.CAPTURE, answer=answer)
        _announce_failure(payment, reason=answer.reason)


@transaction.atomic
def record_refunds_elsewhere(payment: Payment, *, total_minor: int) -> None:
    """Money that went back without the shop's asking, as when staff refund at the gateway's own desk.

    `total_minor` is all that the gateway has returned; what the shop has claimed already is in it.
    """
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    total = min(total_minor, locked.captured_minor)
    minor = total - locked.refunded_minor
    if minor <= 0:
        return
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=total)
    key = f"gateway:{total}"
    Transaction.objects.bulk_create(
        Transaction(
            payment=payment,
            kind=TransactionKind.REFUND,
            outcome=outcome,
            amount_minor=minor,
            currency=payment.currency,
            idempotency_key=f"{payment.id}:refund:{key}",
            gateway_reference=locked.gateway_reference,
        )
        for outcome in (TransactionOutcome.CLAIMED, TransactionOutcome.SUCCEEDED)
    )
    publish(
        PaymentRefunded(
            payment_id=str(payment.id),
            reference=str(payment.reference),
            gateway=payment.gateway,
            amount=Money(minor, payment.currency),
            refund_key=key,
        )
    )


def record_standing(payment: Payment, *, answer: GatewayAnswer) -> None:
    """Record how an open or captured payment stands at its gateway, and announce what is new of it."""
    if answer.captured_minor:
        record_capture(payment, answer=answer)
    elif answer.outcome == Outcome.DECLINED and payment.authorised_minor:
        record_lost_hold(payment, answer=answer)
    elif not payment.captured_minor:
        record_authorisation(payment, answer=answer, announce=True)
    if answer.refunded_minor:
        record_refunds_elsewhere(payment, total_minor=answer.refunded_minor)


def _announce_failure(payment: Payment, *, reason: str) -> None:
    publish(
        PaymentFailed(
            payment_id=str(payment.id),
            reference=str(payment.reference),
            gateway=payment.gateway,
            amount=payment.amount,
            reason=reason,
        )
    )


def _add_to_ledger(
    payment: Payment, *, kind: TransactionKind, answer: GatewayAnswer, minor: int | None = None
) -> None:
    _entry(payment, kind=kind, answer=answer, minor=minor).save(force_insert=True)
    transaction.on_commit(
        lambda: record_metric(Metric.PAYMENT_ANSWERS, answer=f"{kind}-{answer.outcome}"),
        robust=True,
    )


def _add_once(payment: Payment, *, kind: TransactionKind, answer: GatewayAnswer) -> None:
    """For what may be on record from another path already."""
    Transaction.objects.bulk_create(
        [_entry(payment, kind=kind, answer=answer)], ignore_conflicts=True
    )


def _entry(
    payment: Payment, *, kind: TransactionKind, answer: GatewayAnswer, minor: int | None = None
) -> Transaction:
    return Transaction(
        payment=payment,
        kind=kind,
        outcome=answer.outcome,
        amount_minor=payment.amount_minor if minor is None else minor,
        currency=payment.currency,
        idempotency_key=f"{payment.id}:{kind}",
        gateway_reference=answer.reference,
        reason=answer.reason[:200],
    )
