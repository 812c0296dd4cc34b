"""Keep customers' credit accounts: terms by staff, and money received. Each change is an entry."""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.core.models import new_id
from apps.core.types import Money
from apps.payments.errors import AccountExists, LimitBelowUse, ReceiptConflict
from apps.payments.models import CreditAccount, CreditEntry, CreditEntryKind


@transaction.atomic
def open_credit_account(
    *, customer_id: int, limit: Money, net_days: int, actor_id: int | None
) -> CreditAccount:
    """Let a customer owe the shop up to the limit, each invoice for `net_days` days.

    A customer has one account, in one currency. Raises AccountExists.
    """
    try:
        with transaction.atomic():
            account = CreditAccount.objects.create(
                customer_id=customer_id,
                currency=limit.currency,
                limit_minor=limit.minor,
                net_days=net_days,
            )
    except IntegrityError as error:
        if CreditAccount.objects.filter(customer=customer_id).exists():
            raise AccountExists from error
        raise
    _enter_terms(account, actor_id=actor_id)
    return account


@transaction.atomic
def change_credit_terms(
    *, account_id: int, limit_minor: int, net_days: int, is_open: bool, actor_id: int | None
) -> CreditAccount:
    """Change what a customer may owe from now on, in minor units of the account's currency.

    Invoices that were entered keep their days. Raises LimitBelowUse.
    """
    account = CreditAccount.objects.select_for_update().get(pk=account_id)
    if limit_minor < account.used_minor:
        raise LimitBelowUse(used_minor=account.used_minor)
    account.limit_minor, account.net_days, account.is_open = limit_minor, net_days, is_open
    account.save(update_fields=["limit_minor", "net_days", "is_open", "updated_at"])
    _enter_terms(account, actor_id=actor_id)
    return account


@transaction.atomic
def receive_on_account(
    *, account_id: int, amount: Money, reference: str, actor_id: int | None, note: str = ""
) -> CreditEntry:
    """Enter money that a customer has sent; the bank statement's reference counts once per account.

    Raises InvalidInput unless it is more than nothing, in the account's currency and has a reference;
    ReceiptConflict if another amount was entered under the reference.
    """
    account = CreditAccount.objects.select_for_update().get(pk=account_id)
    if amount.minor <= 0 or amount.currency != account.currency or not reference.strip():
        raise InvalidInput
    entry, is_new = CreditEntry.objects.get_or_create(
        key=f"received:{account.pk}:{reference.strip()}",
        defaults={
            "account": account,
            "kind": CreditEntryKind.RECEIVED,
            "amount_minor": amount.minor,
            "effect_minor": -amount.minor,
            "note": note,
            "actor_id": actor_id,
        },
    )
    if is_new:
        CreditAccount.objects.filter(pk=account.pk).update(
            used_minor=F("used_minor") - amount.minor, updated_at=timezone.now()
        )
    elif entry.amount_minor != amount.minor:
        raise ReceiptConflict
    return entry


def _enter_terms(account: CreditAccount, *, actor_id: int | None) -> None:
    state = "open" if account.is_open else "closed"
    CreditEntry.objects.create(
        account=account,
        kind=CreditEntryKind.TERMS,
        amount_minor=account.limit_minor,
        effect_minor=0,
        key=f"terms:{account.pk}:{new_id()}",
        note=f"{account.net_days} days, {state}",
        actor_id=actor_id,
    )
