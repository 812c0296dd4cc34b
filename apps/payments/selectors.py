"""Questions about payments."""

from collections.abc import Collection
from uuid import UUID

from apps.payments.models import (
    CreditAccount,
    CreditEntry,
    CreditEntryKind,
    Payment,
    Transaction,
    TransactionOutcome,
)
from apps.payments.registry import payment_providers
from apps.payments.types import TransactionKind


def get_payment(reference: UUID) -> Payment:
    """The payment of an order. Raises Payment.DoesNotExist."""
    return Payment.objects.get(reference=reference)


def find_payment(reference: UUID) -> Payment | None:
    """The payment of an order, or None: an order that could not be taken has none."""
    return Payment.objects.filter(reference=reference).first()


def which_on_account(references: Collection[UUID]) -> set[UUID]:
    """Those of the orders that are owed on net terms."""
    names = [one for one in payment_providers.names if payment_providers.get(one).is_on_account]
    on_account = Payment.objects.filter(gateway__in=names, amount_minor__gt=0)
    return set(on_account.filter(reference__in=references).values_list("reference", flat=True))


def find_payment_by_id(payment_id: UUID) -> Payment | None:
    """The payment behind a page of a gateway."""
    return Payment.objects.filter(pk=payment_id).first()


def is_refund_sent(*, reference: UUID, key: str) -> bool:
    """Whether the money asked for under this key has gone back, and did not return."""
    entries = Transaction.objects.filter(
        payment__reference=reference,
        kind=TransactionKind.REFUND,
        idempotency_key__endswith=f":refund:{key}",
    )
    outcomes = set(entries.values_list("outcome", flat=True))
    return TransactionOutcome.SUCCEEDED in outcomes and TransactionOutcome.DECLINED not in outcomes


def find_credit_account(*, customer_id: int, currency: str) -> CreditAccount | None:
    """The account on which a customer may buy in this currency now."""
    return CreditAccount.objects.filter(
        customer_id=customer_id, currency=currency, is_open=True
    ).first()


def find_credit_invoice(reference: UUID) -> CreditEntry | None:
    """What is owed for an order and by when; None if it was paid in another way than on account."""
    return CreditEntry.objects.filter(
        payment__reference=reference, kind=CreditEntryKind.INVOICE
    ).first()
