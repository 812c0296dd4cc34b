"""Purchase orders on net terms: the bank is the shop itself, and its book the customer's credit account.

Each answer and its entry are one transaction, so this gateway never answers too late.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from apps.core.errors import broken_constraint
from apps.core.selectors import day_of, money_text
from apps.core.types import Money
from apps.payments.models import CreditAccount, CreditEntry, CreditEntryKind
from apps.payments.providers.account.rules import is_purchase_order
from apps.payments.registry import PaymentProvider
from apps.payments.selectors import find_credit_account
from apps.payments.types import (
    CheckoutOption,
    GatewayAnswer,
    GatewayRequest,
    Outcome,
    TransactionKind,
)


class AccountProvider(PaymentProvider):
    """Holds are taken off a customer's limit, captures are invoices. The token is the PO number."""

    needs_payer = True
    is_remote = False
    is_on_account = True
    option_comes_later = True

    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        """What is free of the payer's limit; nothing for who has no open account in this currency."""
        from apps.payments.providers.account.forms import PurchaseOrderForm

        if payer_id is None:
            return None
        credit = find_credit_account(customer_id=payer_id, currency=amount.currency)
        if credit is None:
            return None
        typed = PurchaseOrderForm(form)
        return CheckoutOption(
            template="payments/account/option.html",
            context={
                "net_days": credit.net_days,
                "free": money_text(credit.free),
                "covers": amount.minor <= credit.free.minor,
                "form": typed,
            },
            can_pay=amount.minor <= credit.free.minor,
            form=typed,
        )

    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        """The number of the customer's own purchase order, as typed."""
        return form.get("purchase_order", "").strip()

    def accepts(self, token: str) -> bool:
        """Whether it could be a purchase order's number: printable, and bounded by no spaces."""
        return is_purchase_order(token)

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """Take the amount off the limit of the payer's open account in its currency.

        Declined where there is none, or the limit does not allow it.
        """
        if CreditEntry.objects.filter(key=request.key).exists():
            return _done(request)
        account = CreditAccount.objects.filter(
            customer_id=request.payer_id, currency=request.amount.currency, is_open=True
        ).first()
        if request.payer_id is None or account is None:
            return _refused("no credit account")
        try:
            with transaction.atomic():
                if not _use(account, minor=request.amount.minor):
                    return _refused("over the credit limit")
                _enter(account, request=request, kind=CreditEntryKind.HOLD, effect=1)
        except IntegrityError as error:
            # A twin entered the same hold; what this one took went back with its transaction.
            if broken_constraint(error) != "payments_creditentry_key_key":
                raise
        return _done(request)

    @transaction.atomic
    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Enter the held amount as an invoice, due after the account's net days.

        Declined where nothing is held, or the hold was let go of.
        """
        book = _Book.locked(request)
        if book.account is None or not book.has(CreditEntryKind.HOLD):
            return _refused("nothing is held")
        if book.has(CreditEntryKind.RELEASE):
            return _refused("the hold was let go of")
        if not book.has(CreditEntryKind.INVOICE):
            _enter(book.account, request=request, kind=CreditEntryKind.INVOICE, effect=0)
        return _done(request, captured=request.amount.minor)

    @transaction.atomic
    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Give the hold back to the limit; declined with `captured_minor` if it is invoiced."""
        book = _Book.locked(request)
        if book.has(CreditEntryKind.INVOICE):
            return GatewayAnswer(
                outcome=Outcome.DECLINED, captured_minor=book.amount_of(CreditEntryKind.INVOICE)
            )
        if (
            book.account
            and book.has(CreditEntryKind.HOLD)
            and not book.has(CreditEntryKind.RELEASE)
        ):
            _use(book.account, minor=-request.amount.minor)
            _enter(book.account, request=request, kind=CreditEntryKind.RELEASE, effect=-1)
        return _done(request)

    @transaction.atomic
    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Take the amount off what is owed; declined for more than is invoiced and not refunded."""
        book = _Book.locked(request)
        if CreditEntry.objects.filter(key=request.key).exists():
            return _done(request)
        left = book.amount_of(CreditEntryKind.INVOICE) - book.amount_of(CreditEntryKind.REFUND)
        if book.account is None or request.amount.minor > left:
            return _refused("more than was invoiced")
        _use(book.account, minor=-request.amount.minor)
        _enter(book.account, request=request, kind=CreditEntryKind.REFUND, effect=-1)
        return _done(request)

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What the book says under the key; of an authorisation, what it says of the payment."""
        if request.kind != TransactionKind.AUTHORISE:
            entered = CreditEntry.objects.filter(key=request.key).exists()
            return _done(request) if entered else None
        book = _Book.of(request)
        if not book.has(CreditEntryKind.HOLD):
            return None
        if book.has(CreditEntryKind.RELEASE):
            return _refused("the hold was let go of")
        return GatewayAnswer(
            outcome=Outcome.SUCCEEDED,
            reference=request.token,
            captured_minor=book.amount_of(CreditEntryKind.INVOICE),
            refunded_minor=book.amount_of(CreditEntryKind.REFUND),
        )


class _Book:
    """What is entered for one payment."""

    def __init__(self, amounts: dict[str, int]) -> None:
        self.account: CreditAccount | None = None
        self._amounts = amounts

    @classmethod
    def locked(cls, request: GatewayRequest) -> "_Book":
        """The entries of the request's payment, with the account locked against others."""
        accounts = CreditAccount.objects.select_for_update(of=("self",))
        account = accounts.filter(customer_id=request.payer_id).first()
        book = cls.of(request)
        book.account = account
        return book

    @classmethod
    def of(cls, request: GatewayRequest) -> "_Book":
        entries = CreditEntry.objects.filter(payment_id=request.payment_id)
        totals = entries.values_list("kind").annotate(total=Sum("amount_minor")).order_by("kind")
        return cls(dict(totals))

    def has(self, kind: CreditEntryKind) -> bool:
        return kind in self._amounts

    def amount_of(self, kind: CreditEntryKind) -> int:
        return self._amounts.get(kind, 0)


def _use(account: CreditAccount, *, minor: int) -> bool:
    """Take from the limit, or give back; False where the limit does not allow it."""
    within = CreditAccount.objects.filter(pk=account.pk)
    if minor > 0:
        within = within.filter(is_open=True, limit_minor__gte=F("used_minor") + minor)
    return bool(within.update(used_minor=F("used_minor") + minor, updated_at=timezone.now()))


def _enter(
    account: CreditAccount, *, request: GatewayRequest, kind: CreditEntryKind, effect: int
) -> None:
    due_on = None
    if kind == CreditEntryKind.INVOICE:
        due_on = day_of(timezone.now()) + timedelta(days=account.net_days)
    CreditEntry.objects.create(
        account=account,
        kind=kind,
        amount_minor=request.amount.minor,
        effect_minor=effect * request.amount.minor,
        key=request.key,
        payment_id=request.payment_id,
        purchase_order=request.token,
        due_on=due_on,
    )


def _done(request: GatewayRequest, *, captured: int = 0) -> GatewayAnswer:
    return GatewayAnswer(
        outcome=Outcome.SUCCEEDED, reference=request.token, captured_minor=captured
    )


def _refused(reason: str) -> GatewayAnswer:
    return GatewayAnswer(outcome=Outcome.DECLINED, reason=reason)
