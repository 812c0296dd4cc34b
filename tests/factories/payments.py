"""Payments as an order opens them."""

from uuid import UUID

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
    open_payments,
)
from apps.payments.services.discrepancies import note_discrepancy
from apps.payments.types import Share


def share_of(minor: int, *, token: str = "tok_success", gateway: str = "fake") -> Share:
    """So much of a total, by a way to pay."""
    return Share(gateway=gateway, token=token, amount_minor=minor)


def make_payment(
    *,
    token: str = "tok_success",
    minor: int = 1235,
    gateway: str = "fake",
    reference: UUID | None = None,
    payer_id: int | None = None,
    currency: str = "GBP",
) -> Payment:
    """A payment, of the whole of an order, that no gateway has heard of yet."""
    (payment,) = open_payments(
        reference=reference or new_id(),
        shares=[share_of(minor, token=token, gateway=gateway)],
        currency=currency,
        payer_id=payer_id,
    )
    return payment


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
