"""What the shopper says on the demo bank's own page."""

from uuid import UUID

from apps.payments.errors import PaymentNotOpen
from apps.payments.models import Payment
from apps.payments.providers.fake.provider import FakeProvider
from apps.payments.registry import payment_providers
from apps.payments.services.ledger import record_authorisation
from apps.payments.types import GatewayAnswer, Outcome


def is_of_demo_bank(payment: Payment) -> bool:
    """Whether the payment was opened with a demo bank, under whatever name it is entered."""
    return isinstance(payment_providers.find(payment.gateway), FakeProvider)


def confirm_by_shopper(*, payment_id: UUID, agrees: bool) -> Payment:
    """Record the shopper's word, as the demo bank's own page reports it; the hold is announced.

    Raises PaymentNotOpen, also for a payment of another gateway.
    """
    payment = Payment.objects.get(pk=payment_id)
    if not is_of_demo_bank(payment):
        raise PaymentNotOpen
    agreed_before = payment.authorised_minor > 0
    if payment.captured_minor or (agreed_before and agrees and not payment.closed_at):
        return payment
    answer = GatewayAnswer(
        outcome=Outcome.SUCCEEDED if agrees else Outcome.DECLINED,
        reference=payment.gateway_reference,
        reason="" if agrees else "refused by the shopper",
    )
    waits = payment.action_url and payment.closed_at is None
    if waits and record_authorisation(payment, answer=answer, announce=True):
        return payment
    payment.refresh_from_db()
    if payment.closed_at or not payment.authorised_minor or not agrees:
        raise PaymentNotOpen
    return payment
