"""Find out from the gateway how a payment stands, and bring the record up to it."""

from uuid import UUID

from apps.payments.models import Payment
from apps.payments.registry import payment_providers
from apps.payments.services.ledger import record_late_answer, record_standing
from apps.payments.services.payments import let_go
from apps.payments.services.provider_calls import fetch, request_of
from apps.payments.types import GatewayAnswer, TransactionKind


def resolve_payment(*, payment_id: UUID) -> Payment:
    """Ask the gateway how a payment stands and record what is new; a repeat changes nothing.

    What a closed payment turns out to hold is let go of. Raises GatewayUnavailable.
    """
    payment = Payment.objects.get(pk=payment_id)
    settled = payment.captured_minor or (payment.closed_at and payment.released_at)
    if settled or not payment.amount_minor:
        return payment
    answer = fetch(
        payment_providers.get(payment.gateway), request_of(payment, kind=TransactionKind.AUTHORISE)
    )
    payment.refresh_from_db()
    return bring_up(payment, answer=answer)


def settle_doubt(*, payment_id: UUID) -> Payment:
    """Ask the gateway about a payment of which a message said what our record rules out.

    Also about a captured one; what is new is recorded. Raises GatewayUnavailable.
    """
    payment = Payment.objects.get(pk=payment_id)
    answer = fetch(
        payment_providers.get(payment.gateway), request_of(payment, kind=TransactionKind.AUTHORISE)
    )
    payment.refresh_from_db()
    return bring_up(payment, answer=answer)


def bring_up(payment: Payment, *, answer: GatewayAnswer | None) -> Payment:
    """Record how a payment stands by the gateway's fresh word, None if the gateway never saw it.

    What a closed payment turns out to hold is let go of. Raises GatewayUnavailable.
    """
    if payment.closed_at and not payment.captured_minor and not (answer and answer.captured_minor):
        record_late_answer(payment, answer=answer)
        payment.refresh_from_db()
        let_go(payment)
    elif answer:
        record_standing(payment, answer=answer)
    payment.refresh_from_db()
    return payment
