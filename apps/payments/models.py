"""Money in and out: the payments of an order, and an append-only ledger of what the gateways said."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import TimeStampedModel
from apps.core.types import Money
from apps.payments.registry import payment_providers
from apps.payments.types import TransactionKind


class Payment(TimeStampedModel):
    """One attempt to have a share of an order's total, by one way to pay, and what came of it (minor units).

    Shares are numbered in the order in which the shopper named them, attempts at each from 1; of a share's
    attempts one at most is live, which is the one that is not closed. `closed_at`: nothing more is to be
    taken. `released_at`: the gateway has said that it holds nothing.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    reference = models.UUIDField(_("order"))
    share = models.PositiveSmallIntegerField(_("share"), default=0, db_default=0)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1, db_default=1)
    payer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("payer"),
    )
    gateway = models.CharField(_("gateway"), max_length=20)
    token = models.CharField(_("token"), max_length=255)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount"))
    authorised_minor = models.BigIntegerField(_("authorised"), default=0)
    captured_minor = models.BigIntegerField(_("captured"), default=0)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)
    gateway_reference = models.CharField(_("gateway reference"), max_length=255, blank=True)
    action_url = models.CharField(_("page for the shopper"), max_length=500, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    released_at = models.DateTimeField(_("nothing held since"), null=True, blank=True)
    checked_at = models.DateTimeField(_("compared with the gateway"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="payments_payment_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(authorised_minor__gte=0) & Q(authorised_minor__lte=F("amount_minor")),
                name="payments_authorised_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0) & Q(captured_minor__lte=F("authorised_minor")),
                name="payments_captured_within_authorised",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0) & Q(refunded_minor__lte=F("captured_minor")),
                name="payments_refunded_within_captured",
            ),
            models.UniqueConstraint(
                fields=["reference", "share", "attempt"], name="payments_payment_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["reference", "share"],
                condition=Q(closed_at=None),
                name="payments_payment_one_live_per_share",
            ),
        ]
        indexes = [
            models.Index(
                fields=["gateway_reference"],
                name="payments_payment_by_reference",
                condition=~Q(gateway_reference=""),
            ),
            models.Index(
                fields=["checked_at"],
                name="payments_payment_unfinished",
                condition=Q(amount_minor__gt=0, captured_minor=0, released_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.reference}"

    @property
    def amount(self) -> Money:
        """The share of the order's total that is to be had by it, tax included."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_live(self) -> bool:
        """Whether its share is, or is to be, paid by it."""
        return self.closed_at is None

    @property
    def is_on_account(self) -> bool:
        """Whether it is owed on net terms, so that taking it means an invoice and no money yet."""
        provider = payment_providers.find(self.gateway)
        return bool(provider and provider.is_on_account and self.amount_minor > 0)


_TRANSACTION_KINDS = (
    (TransactionKind.AUTHORISE.value, _("authorisation")),
    (TransactionKind.CAPTURE.value, _("capture")),
    (TransactionKind.VOID.value, _("void")),
    (TransactionKind.REFUND.value, _("refund")),
)


class TransactionOutcome(models.TextChoices):
    CLAIMED = "claimed", _("claimed")
    SUCCEEDED = "succeeded", _("succeeded")
    DECLINED = "declined", _("declined")
    ACTION_REQUIRED = "action_required", _("needs the shopper")


class Transaction(models.Model):
    """One answer of a gateway. Rows are only ever added; the key makes each answer count once."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transactions")
    kind = models.CharField(_("kind"), max_length=10, choices=_TRANSACTION_KINDS)
    outcome = models.CharField(_("outcome"), max_length=20, choices=TransactionOutcome.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    idempotency_key = models.CharField(max_length=120)
    gateway_reference = models.CharField(max_length=255, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=TransactionOutcome.values),
                name="payments_transaction_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=list(TransactionKind)), name="payments_transaction_kind_known"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key", "outcome"], name="payments_transaction_counts_once"
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(kind=TransactionKind.CAPTURE, outcome=TransactionOutcome.SUCCEEDED),
                name="payments_one_capture_per_payment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="payments_transaction_claims",
                condition=Q(outcome="claimed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"


class EventOutcome(models.TextChoices):
    APPLIED = "applied", _("applied")
    DOUBTED = "doubted", _("to be confirmed")
    IGNORED = "ignored", _("ignored")
    UNMATCHED = "unmatched", _("of no payment we know")


class WebhookEvent(models.Model):
    """A message of a gateway. It and its effect are written together, so a repeat finds it done."""

    gateway = models.CharField(_("gateway"), max_length=20)
    event_id = models.CharField(_("event"), max_length=255)
    type = models.CharField(_("type"), max_length=100)
    digest = models.CharField(_("SHA-256 of the message"), max_length=64)
    news = models.JSONField(_("what it says"), default=dict)
    outcome = models.CharField(_("outcome"), max_length=20, choices=EventOutcome.choices)
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="webhook_events",
        verbose_name=_("payment"),
    )
    received_at = models.DateTimeField(_("received"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=EventOutcome.values),
                name="payments_webhookevent_outcome_known",
            ),
            models.UniqueConstraint(
                fields=["gateway", "event_id"], name="payments_webhook_event_counts_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                name="payments_webhook_unmatched",
                condition=Q(outcome="unmatched"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class CreditAccount(TimeStampedModel):
    """What a customer may owe the shop, and what is owed or held of it now (minor units).

    Below zero, `used_minor` is what the shop owes: a refund of an invoice that was paid already.
    """

    customer = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="credit_account", verbose_name=_("customer")
    )
    currency = models.CharField(_("currency"), max_length=3)
    limit_minor = models.BigIntegerField(_("limit"))
    used_minor = models.BigIntegerField(_("used"), default=0)
    net_days = models.PositiveSmallIntegerField(_("days to pay"), default=30)
    is_open = models.BooleanField(_("open for new orders"), default=True)

    class Meta:
        verbose_name = _("credit account")
        verbose_name_plural = _("credit accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(limit_minor__gte=0), name="payments_credit_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(used_minor__lte=F("limit_minor")), name="payments_credit_within_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} ({self.currency})"

    @property
    def free(self) -> Money:
        """What the customer may owe on top of what is owed or held now."""
        return Money(self.limit_minor - self.used_minor, self.currency)


class CreditEntryKind(models.TextChoices):
    TERMS = "terms", _("terms")
    HOLD = "hold", _("held for an order")
    RELEASE = "release", _("let go of")
    INVOICE = "invoice", _("invoice")
    REFUND = "refund", _("credit note")
    RECEIVED = "received", _("payment received")


class CreditEntry(models.Model):
    """One line of a credit account's book. Rows are only ever added; effects add up to what is used."""

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="entries", verbose_name=_("account")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CreditEntryKind.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    effect_minor = models.BigIntegerField(_("change of what is used"))
    key = models.CharField(max_length=160, unique=True)
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_entries",
        verbose_name=_("payment"),
    )
    purchase_order = models.CharField(_("purchase order"), max_length=40, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("entered"), auto_now_add=True)

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=CreditEntryKind.values), name="payments_creditentry_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind="invoice") | Q(due_on__isnull=False),
                name="payments_credit_invoice_has_due_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {Money(self.amount_minor, self.account.currency)}"


class DiscrepancyKind(models.TextChoices):
    UNKNOWN = "unknown", _("money of no payment we know")
    AMOUNT = "amount", _("another amount than in our ledger")
    UNFINISHED = "unfinished", _("not brought to an end")
    REFUND_REFUSED = "refund_refused", _("refund refused")
    REFUND_FAILED = "refund_failed", _("refund came back")


class Discrepancy(models.Model):
    """Where a gateway and our ledger differ, from the moment it was seen until it is settled."""

    gateway = models.CharField(_("gateway"), max_length=20)
    gateway_reference = models.CharField(_("gateway reference"), max_length=255)
    kind = models.CharField(_("kind"), max_length=20, choices=DiscrepancyKind.choices)
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="discrepancies",
        verbose_name=_("payment"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    note = models.CharField(_("note"), max_length=200, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("discrepancy with a payment provider")
        verbose_name_plural = _("discrepancies with payment providers")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=DiscrepancyKind.values), name="payments_discrepancy_kind_known"
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_reference", "kind"],
                name="payments_discrepancy_noted_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["first_seen_at"],
                name="payments_discrepancy_open",
                condition=Q(settled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.gateway_reference}"
