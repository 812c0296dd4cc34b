"""Payments, what gateways have said of them, and where the two differ."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin import (
    AskingAdmin,
    FoundByOrder,
    Panel,
    ReadOnlyAdmin,
    ReadOnlyInline,
    Subject,
    asks,
    link,
    link_to,
    money_column,
    panel,
    sum_of,
    tell_events,
)
from apps.core.rules import public_number
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.payments import services
from apps.payments.models import (
    Discrepancy,
    Payment,
    Transaction,
    WebhookEvent,
)
from apps.payments.selectors import list_payments

_BY_ORDER = _("A whole order number, e-mail address or order id")

tell_events(
    {
        "payments.payment.authorised.v1": _("money held"),
        "payments.payment.captured.v1": _("money taken"),
        "payments.payment.came_late.v1": _("money came too late, and goes back"),
        "payments.payment.refunded.v1": _("money sent back"),
        "payments.payment.refund_returned.v1": _("money that was sent back came back"),
        "payments.payment.failed.v1": _("payment refused"),
        "payments.payment.disputed.v1": _("payment disputed at the bank"),
        "payments.payment.review_required.v1": _(
            "payment to be confirmed with the payment provider"
        ),
    }
)


@panel(of="order")
def show_payment(request: HttpRequest, subject: Subject) -> Panel | None:
    """How far the money of an order has come by each of its payments, and the way to its ledger."""
    payments = list(list_payments(UUID(str(subject.key))))
    if not payments or not request.user.has_perm("payments.view_payment"):
        return None
    rows = [row for payment in payments for row in _rows_of(payment, alone=len(payments) == 1)]
    ledger = reverse("admin:payments_payment_changelist", query={"q": subject.label})
    return Panel(title=_("payment"), rows=rows, address=ledger)


def _rows_of(payment: Payment, *, alone: bool) -> list[tuple[Any, Any]]:
    """The one payment amount by amount; of several a line for each, the closed ones told as such."""
    page = link(reverse("admin:payments_payment_change", args=[payment.pk]), payment.gateway)
    held, taken, sent_back = (
        _amount(minor, payment)
        for minor in (payment.authorised_minor, payment.captured_minor, payment.refunded_minor)
    )
    if alone:
        return [
            (_("by"), page),
            (_("held"), held),
            (_("taken"), taken),
            (_("sent back"), sent_back),
        ]
    words = gettext("%(amount)s: held %(held)s, taken %(taken)s, sent back %(sent_back)s") % {
        "amount": money_text(payment.amount),
        "held": held,
        "taken": taken,
        "sent_back": sent_back,
    }
    state = "" if payment.is_live else gettext("closed")
    return [(page, f"{words} {state}".strip())]


def _amount(minor: int, payment: Payment) -> str:
    return money_text(Money(minor, payment.currency))


def _order_link(payment: Payment) -> SafeString | str:
    """The order that is paid, by the number that is made from its id."""
    number = public_number(source=payment.reference)
    return link_to("order", key=payment.reference, words=number)


class TransactionInline(ReadOnlyInline):
    model = Transaction
    fields = [
        "kind",
        "outcome",
        "amount",
        "gateway_reference",
        "reason",
        "created_at",
    ]
    amount = money_column("amount_minor", label=_("amount"))


class WebhookEventInline(ReadOnlyInline):
    model = WebhookEvent
    fields = ["received_at", "type", "event_id", "outcome"]


class DiscrepancyInline(ReadOnlyInline):
    model = Discrepancy
    fields = ["kind", "amount", "first_seen_at", "settled_at", "note"]
    amount = money_column("amount_minor", label=_("amount"))


@admin.register(Payment)
class PaymentAdmin(FoundByOrder, ReadOnlyAdmin):
    """The ledger of an order's money; it is changed by the pipeline only."""

    list_display = ["created_at", "order", "gateway", "amount", "captured", "refunded"]
    list_filter = ["created_at", "gateway", "currency"]
    search_fields = ["=reference", "=id", "gateway_reference"]
    search_help_text = _(
        "A whole order number, e-mail address or id, or a payment provider's reference"
    )
    ordering = ["-created_at"]
    fields = [
        "order", "share", "attempt", "payer", "gateway", "gateway_reference", "amount", "authorised", "captured",
        "refunded", "created_at", "closed_at", "released_at", "checked_at", "action_url",
    ]  # fmt: skip
    inlines = [TransactionInline, WebhookEventInline, DiscrepancyInline]
    amount = money_column("amount_minor", label=_("amount"))
    authorised = money_column("authorised_minor", label=_("authorised"))
    captured = money_column("captured_minor", label=_("captured"))
    refunded = money_column("refunded_minor", label=_("refunded"))

    @admin.display(description=_("order"), ordering="reference")
    def order(self, payment: Payment) -> SafeString | str:
        """A link to the order that is paid."""
        return _order_link(payment)


@admin.register(Transaction)
class TransactionAdmin(FoundByOrder, ReadOnlyAdmin):
    list_display = ["created_at", "kind", "outcome", "amount", "order"]
    list_filter = ["created_at", "kind", "outcome", "currency"]
    search_fields = ["=idempotency_key", "gateway_reference", "=payment__reference"]
    search_help_text = _BY_ORDER
    order_field = "payment__reference"
    list_select_related = ["payment"]
    ordering = ["-id"]
    fields = [
        "created_at", "kind", "outcome", "amount", "order", "payment", "gateway_reference",
        "reason", "idempotency_key",
    ]  # fmt: skip
    amount = money_column("amount_minor", label=_("amount"))

    @admin.display(description=_("order"))
    def order(self, transaction: Transaction) -> SafeString | str:
        """A link to the order whose money moved."""
        return _order_link(transaction.payment)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "gateway", "type", "event_id", "outcome", "payment"]
    list_filter = ["gateway", "outcome", "type"]
    search_fields = ["=event_id"]
    list_select_related = ["payment"]
    ordering = ["-id"]


@admin.register(Discrepancy)
class DiscrepancyAdmin(FoundByOrder, AskingAdmin):
    """What the reconciler found. It settles most by itself; the rest wants somebody to look."""

    list_display = [
        "first_seen_at", "kind", "gateway", "gateway_reference", "amount", "order", "settled_at",
    ]  # fmt: skip
    list_filter = ["first_seen_at", ("settled_at", admin.EmptyFieldListFilter), "kind", "gateway"]
    search_fields = ["=gateway_reference", "=payment__reference"]
    search_help_text = _BY_ORDER
    order_field = "payment__reference"
    list_select_related = ["payment"]
    ordering = ["-first_seen_at", "-id"]
    fields = [
        "kind", "gateway", "gateway_reference", "amount", "order", "payment", "note",
        "first_seen_at", "settled_at", "settled_by",
    ]  # fmt: skip
    actions = ["settle"]
    amount = money_column("amount_minor", label=_("amount"))

    @admin.display(description=_("order"))
    def order(self, discrepancy: Discrepancy) -> SafeString | str:
        """A link to the order; a dash where the money belongs to none of ours."""
        return _order_link(discrepancy.payment) if discrepancy.payment else "–"

    @asks(
        _("Settled outside the shop"),
        noted=_("settled outside the shop"),
        permissions=["settle"],
        money=(_("amount"), sum_of("amount_minor")),
    )
    def settle(
        self, request: HttpRequest, queryset: QuerySet[Discrepancy], _answer: forms.Form
    ) -> Iterator[Discrepancy]:
        """Each is settled in the name of whoever asks; one that was settled before is left be."""
        for discrepancy in queryset:
            if services.settle_by_hand(discrepancy_id=discrepancy.pk, actor_id=request.user.pk):
                yield discrepancy

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_discrepancy")
