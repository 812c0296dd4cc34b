"""Questions about payments."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Substr

from apps.core.types import Money
from apps.payments import rules
from apps.payments.models import (
    CreditAccount,
    CreditEntry,
    CreditEntryKind,
    Payment,
    Transaction,
    TransactionOutcome,
)
from apps.payments.registry import payment_providers
from apps.payments.types import RefundProgress, Standing, TransactionKind

# A refund's key is the payment's id (36 characters), the word and the key of whoever asked.
_BEFORE_KEY = 36 + len(":refund:")


def list_payments(reference: UUID) -> QuerySet[Payment]:
    """The payments of an order, by share and attempt; an order that could not be taken has none."""
    return Payment.objects.filter(reference=reference).order_by("share", "attempt")


def get_standing(reference: UUID, *, total: Money) -> Standing:
    """How far the payments of an order of this total, tax included, have come."""
    return rules.standing_of(list(list_payments(reference)), total_minor=total.minor)


def has_to_return(reference: UUID) -> bool:
    """Whether an order's payments hold, took, or could still come to hold anything."""
    open_ones = Payment.objects.filter(reference=reference, amount_minor__gt=0, released_at=None)
    return open_ones.exists()


def which_on_account(references: Collection[UUID]) -> set[UUID]:
    """Those of the orders of which something is owed on net terms, by the newest attempt at a share."""
    names = [one for one in payment_providers.names if payment_providers.get(one).is_on_account]
    later = Payment.objects.filter(
        reference=OuterRef("reference"), share=OuterRef("share"), attempt__gt=OuterRef("attempt")
    )
    on_account = Payment.objects.filter(~Exists(later), gateway__in=names, amount_minor__gt=0)
    return set(on_account.filter(reference__in=references).values_list("reference", flat=True))


def find_payment_by_id(payment_id: UUID) -> Payment | None:
    """The payment behind a page of a gateway."""
    return Payment.objects.filter(pk=payment_id).first()


def refund_progress(*, reference: UUID, keys: Collection[str]) -> RefundProgress:
    """How far what goes back of an order's money under these keys has come."""
    entries = Transaction.objects.filter(
        payment__reference=reference, kind=TransactionKind.REFUND
    ).annotate(key=Substr("idempotency_key", _BEFORE_KEY + 1))
    claims: dict[str, int] = {}
    seen: dict[str, set[str]] = {}
    for whole, outcome, minor in entries.filter(key__in=keys).values_list(
        "idempotency_key", "outcome", "amount_minor"
    ):
        claims[whole] = minor
        seen.setdefault(whole, set()).add(outcome)
    kept = {one: seen[one] for one in claims if TransactionOutcome.DECLINED not in seen[one]}
    sent = {one for one, outcomes in kept.items() if TransactionOutcome.SUCCEEDED in outcomes}
    return RefundProgress(
        sent_minor=sum(claims[one] for one in sent),
        open_minor=sum(claims[one] for one in kept.keys() - sent),
    )


def find_credit_account(*, customer_id: int, currency: str) -> CreditAccount | None:
    """The account on which a customer may buy in this currency now."""
    return CreditAccount.objects.filter(
        customer_id=customer_id, currency=currency, is_open=True
    ).first()


def list_credit_invoices(reference: UUID) -> list[CreditEntry]:
    """What is owed for each share of an order that is on account, and by when."""
    entries = CreditEntry.objects.filter(
        payment__reference=reference, payment__closed_at=None, kind=CreditEntryKind.INVOICE
    )
    return list(entries.order_by("payment__share"))
