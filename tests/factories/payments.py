"""Payments as an order opens them."""

from apps.core.models import new_id
from apps.core.types import Money
from apps.payments.models import (
    CreditAccount,
    Discrepancy,
    DiscrepancyKind,
    EventOutcome,
    Payment,
    WebhookEvent,
)
from apps.payments.services import (
    authorise_payment,
    capture_payment,
    open_credit_account,
    open_payment,
)
from apps.payments.services.discrepancies import note_discrepancy


def make_payment(*, token: str = "tok_success", minor: int = 1235) -> Payment:
    """A payment that no gateway has heard of yet."""
    return open_payment(reference=new_id(), gateway="fake", token=token, amount=Money(minor, "GBP"))


def make_captured_payment(*, minor: int = 1235) -> Payment:
    """A payment whose money was taken."""
    payment = make_payment(minor=minor)
    authorise_payment(payment)
    capture_payment(payment)
    payment.refresh_from_db()
    return payment


def make_credit_account(*, customer_id: int, minor: int = 50_000) -> CreditAccount:
    """An account in pounds with a limit, nothing of it used."""
    return open_credit_account(
        customer_id=customer_id, limit=Money(minor, "GBP"), net_days=30, actor_id=None
    )


def meet_a_gateway(number: int) -> Discrepancy:
    """A message of a gateway and a discrepancy with it, both about the same captured payment."""
    payment = make_captured_payment()
    WebhookEvent.objects.create(
        gateway="stripe",
        event_id=f"evt_{number}",
        type="payment_intent.succeeded",
        digest="0" * 64,
        outcome=EventOutcome.APPLIED,
        payment=payment,
    )
    return note_discrepancy(
        gateway="stripe",
        reference=f"pi_{number}",
        kind=DiscrepancyKind.AMOUNT,
        amount=payment.amount,
        payment=payment,
        note="the gateway has taken less",
    )
