"""Authorise and capture: ask the gateway outside any transaction, then record its answer in one."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.models import new_id
from apps.core.types import Money
from apps.events.services import publish
from apps.payments.errors import PaymentNotOpen, UnknownPaymentToken
from apps.payments.events import PaymentCaptured, PaymentFailed
from apps.payments.gateways import gateway_named
from apps.payments.models import Payment, Transaction, TransactionKind
from apps.payments.services.asking import ask, insist
from apps.payments.types import GatewayAnswer, GatewayRequest, Outcome


def check_token(*, gateway: str, token: str) -> None:
    """Refuse a payment token that the gateway cannot have issued; asks nobody.

    Raises UnknownPaymentToken.
    """
    if gateway not in settings.PAYMENT_GATEWAYS or not gateway_named(gateway).accepts(token):
        raise UnknownPaymentToken


def open_payment(
    *, reference: UUID, gateway: str, token: str, amount: Money, payer_id: int | None = None
) -> Payment:
    """Write down what an order has to pay, before any gateway hears of it."""
    return Payment.objects.create(
        id=new_id(),
        reference=reference,
        payer_id=payer_id,
        gateway=gateway,
        token=token,
        currency=amount.currency,
        amount_minor=amount.minor,
    )


def authorise_payment(payment: Payment) -> GatewayAnswer:
    """Hold the whole amount; a repeat asks with the same key and changes nothing.

    Where there is nothing to pay, no gateway is asked. Raises GatewayUnavailable.
    """
    if not payment.amount_minor:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED)
    if known := _known_authorisation(payment):
        return known
    gateway = gateway_named(payment.gateway)
    request = _request(payment, kind="authorise")
    answer = ask(gateway, gateway.authorise, request)
    _record_authorisation(payment, request=request, answer=answer)
    return answer


def _known_authorisation(payment: Payment) -> GatewayAnswer | None:
    if payment.authorised_minor:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=payment.gateway_reference)
    if payment.closed_at:
        return GatewayAnswer(outcome=Outcome.DECLINED, reason="declined before")
    if payment.action_url:
        return GatewayAnswer(
            outcome=Outcome.ACTION_REQUIRED,
            reference=payment.gateway_reference,
            action_url=payment.action_url,
        )
    return None


def capture_payment(payment: Payment) -> None:
    """Take the authorised amount, once however many ask. Raises GatewayUnavailable."""
    if payment.captured_minor or not payment.amount_minor:
        return
    gateway = gateway_named(payment.gateway)
    request = _request(payment, kind="capture")
    answer = insist(gateway, gateway.capture, request)
    _record_capture(payment, request=request, answer=answer)


def void_payment(*, reference: UUID) -> None:
    """Close the payment of an order that will not be, and let go of what was held for it.

    A captured payment is left alone. Raises GatewayUnavailable.
    """
    payment = Payment.objects.get(reference=reference)
    if payment.captured_minor:
        return
    answer = None
    request = _request(payment, kind="void")
    if payment.authorised_minor:
        gateway = gateway_named(payment.gateway)
        answer = insist(gateway, gateway.void, request)
    with transaction.atomic():
        still_open = Payment.objects.filter(pk=payment.pk, captured_minor=0, closed_at=None)
        if still_open.update(closed_at=timezone.now()) and answer:
            _add_to_ledger(payment, kind=TransactionKind.VOID, request=request, answer=answer)


def confirm_by_shopper(*, payment_id: UUID, agrees: bool) -> Payment:
    """Finish a payment on the word of the shopper, as the bank's own page reports it.

    Raises PaymentNotOpen, GatewayUnavailable.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.captured_minor:
        return payment
    agreed_before = payment.authorised_minor > 0
    waits = payment.closed_at is None and (payment.action_url or (agreed_before and agrees))
    if not waits:
        raise PaymentNotOpen
    if not agreed_before:
        _record_word_of_shopper(payment, agrees=agrees)
    if agrees:
        capture_payment(payment)
    return payment


def _record_word_of_shopper(payment: Payment, *, agrees: bool) -> None:
    answer = GatewayAnswer(
        outcome=Outcome.SUCCEEDED if agrees else Outcome.DECLINED,
        reference=payment.gateway_reference,
        reason="" if agrees else "refused by the shopper",
    )
    _record_authorisation(payment, request=_request(payment, kind="authorise"), answer=answer)


def _request(payment: Payment, *, kind: str) -> GatewayRequest:
    return GatewayRequest(
        key=f"{payment.id}:{kind}",
        amount=payment.amount,
        token=payment.token,
        reference=payment.gateway_reference,
        payment_id=str(payment.id),
    )


@transaction.atomic
def _record_authorisation(
    payment: Payment, *, request: GatewayRequest, answer: GatewayAnswer
) -> None:
    """Record the answer unless a twin of this call did. Raises PaymentNotOpen."""
    waiting = Payment.objects.filter(pk=payment.pk, closed_at=None, authorised_minor=0)
    if answer.outcome == Outcome.ACTION_REQUIRED:
        waiting = waiting.filter(action_url="")
    succeeded, declined = (answer.outcome == one for one in (Outcome.SUCCEEDED, Outcome.DECLINED))
    recorded = waiting.update(
        gateway_reference=answer.reference,
        action_url=answer.action_url,
        authorised_minor=payment.amount_minor if succeeded else 0,
        closed_at=timezone.now() if declined else None,
    )
    if not recorded:
        payment.refresh_from_db()
        if payment.closed_at:
            raise PaymentNotOpen
        return
    payment.gateway_reference = answer.reference
    payment.authorised_minor = payment.amount_minor if succeeded else 0
    _add_to_ledger(payment, kind=TransactionKind.AUTHORISE, request=request, answer=answer)
    if declined:
        publish(
            PaymentFailed(
                payment_id=str(payment.id),
                reference=str(payment.reference),
                gateway=payment.gateway,
                amount=payment.amount,
                reason=answer.reason,
            )
        )


@transaction.atomic
def _record_capture(payment: Payment, *, request: GatewayRequest, answer: GatewayAnswer) -> None:
    """Money that was taken is recorded even if the payment was closed: the order then returns it."""
    taken = Payment.objects.filter(pk=payment.pk, captured_minor=0)
    if taken.update(captured_minor=F("authorised_minor")):
        _add_to_ledger(payment, kind=TransactionKind.CAPTURE, request=request, answer=answer)
        publish(
            PaymentCaptured(
                payment_id=str(payment.id),
                reference=str(payment.reference),
                gateway=payment.gateway,
                amount=payment.amount,
            )
        )
    payment.captured_minor = payment.amount_minor


def _add_to_ledger(
    payment: Payment, *, kind: TransactionKind, request: GatewayRequest, answer: GatewayAnswer
) -> None:
    Transaction.objects.create(
        payment=payment,
        kind=kind,
        outcome=answer.outcome,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        idempotency_key=request.key,
        gateway_reference=answer.reference,
        reason=answer.reason,
    )
