from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin import ReadOnlyAdmin, ReadOnlyInline
from apps.core.errors import DomainError
from apps.core.types import Money
from apps.payments import services
from apps.payments.models import (
    CreditAccount,
    CreditEntry,
    Discrepancy,
    Payment,
    Transaction,
    WebhookEvent,
)

_MINOR_UNITS = _("In whole minor units: pence or cents.")


class ServiceAdmin(ModelAdmin):
    """Forms whose saving is a service: its refusal is shown, and nothing has changed."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.ERROR)
            return redirect(request.path)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TransactionInline(ReadOnlyInline):
    model = Transaction
    fields = [
        "kind",
        "outcome",
        "amount_minor",
        "currency",
        "gateway_reference",
        "reason",
        "created_at",
    ]


class WebhookEventInline(ReadOnlyInline):
    model = WebhookEvent
    fields = ["received_at", "type", "event_id", "outcome"]


class DiscrepancyInline(ReadOnlyInline):
    model = Discrepancy
    fields = ["kind", "amount_minor", "first_seen_at", "settled_at", "note"]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """The ledger of an order's money; it is changed by the pipeline only."""

    list_display = [
        "reference",
        "gateway",
        "amount",
        "captured_minor",
        "refunded_minor",
        "created_at",
    ]
    list_filter = ["gateway", "currency"]
    search_fields = ["=reference", "=id", "gateway_reference"]
    ordering = ["-created_at"]
    exclude = ["token"]
    inlines = [TransactionInline, WebhookEventInline, DiscrepancyInline]


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "outcome", "amount_minor", "currency", "payment"]
    list_filter = ["kind", "outcome", "currency"]
    search_fields = ["=idempotency_key", "gateway_reference"]
    list_select_related = ["payment"]
    ordering = ["-id"]


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "gateway", "type", "event_id", "outcome", "payment"]
    list_filter = ["gateway", "outcome", "type"]
    search_fields = ["=event_id"]
    list_select_related = ["payment"]
    ordering = ["-id"]


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    """What the reconciler found. It settles most by itself; the rest wants somebody to look."""

    list_display = [
        "first_seen_at", "kind", "gateway", "gateway_reference", "amount_minor", "currency",
        "payment", "settled_at",
    ]  # fmt: skip
    list_filter = [("settled_at", admin.EmptyFieldListFilter), "kind", "gateway"]
    search_fields = ["=gateway_reference", "=payment__reference"]
    list_select_related = ["payment"]
    ordering = ["-first_seen_at", "-id"]
    actions = ["settle"]

    @admin.action(description=_("Settled outside the shop"), permissions=["settle"])
    def settle(self, request: HttpRequest, queryset: QuerySet[Discrepancy]) -> None:
        for discrepancy in queryset:
            services.settle_by_hand(discrepancy_id=discrepancy.pk, actor_id=request.user.pk)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_discrepancy")


class CreditEntryInline(ReadOnlyInline):
    model = CreditEntry
    fields = [
        "created_at", "kind", "amount_minor", "effect_minor", "purchase_order", "due_on", "note",
        "actor",
    ]  # fmt: skip


@admin.register(CreditAccount)
class CreditAccountAdmin(ServiceAdmin):
    """Terms are set here, and each change is an entry; what is used is the sum of the entries."""

    list_display = [
        "customer", "currency", "limit_minor", "used_minor", "net_days", "is_open"
    ]  # fmt: skip
    list_filter = ["is_open", "currency"]
    list_select_related = ["customer"]
    search_fields = ["customer__email", "customer__name"]
    autocomplete_fields = ["customer"]
    ordering = ["-created_at"]
    inlines = [CreditEntryInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["customer", "currency", "limit_minor", "net_days"]
        return [*shown, "used_minor", "is_open"] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["customer", "currency", "used_minor"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_form(request, obj, help_texts={"limit_minor": _MINOR_UNITS}, **kwargs)

    def save_model(self, request: HttpRequest, obj: CreditAccount, form: Any, change: bool) -> None:
        if change:
            services.change_credit_terms(
                account_id=obj.pk,
                limit_minor=obj.limit_minor,
                net_days=obj.net_days,
                is_open=obj.is_open,
                actor_id=request.user.pk,
            )
            return
        account = services.open_credit_account(
            customer_id=obj.customer_id,
            limit=Money(obj.limit_minor, obj.currency),
            net_days=obj.net_days,
            actor_id=request.user.pk,
        )
        obj.pk = account.pk


class ReceiptForm(forms.ModelForm[CreditEntry]):
    """Money that has come in."""

    reference = forms.CharField(
        label=_("Reference on the bank statement"),
        help_text=_("Counts once for each account."),
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = CreditEntry
        fields = ["account", "amount_minor", "note"]
        help_texts = {"amount_minor": _MINOR_UNITS}


@admin.register(CreditEntry)
class CreditEntryAdmin(ServiceAdmin):
    """The books of all credit accounts. To add an entry is to enter a payment received."""

    list_display = [
        "created_at", "account", "kind", "amount_minor", "purchase_order", "due_on", "actor"
    ]  # fmt: skip
    list_filter = ["kind", "due_on"]
    list_select_related = ["account__customer", "actor"]
    search_fields = ["account__customer__email", "purchase_order", "=payment__reference"]
    ordering = ["-id"]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_form(request, obj, **({} if obj else {"form": ReceiptForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["account", "amount_minor", "reference", "note"]
        return [*self.list_display, "effect_minor", "payment", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def save_model(
        self, request: HttpRequest, obj: CreditEntry, form: ReceiptForm, change: bool
    ) -> None:
        entry = services.receive_on_account(
            account_id=obj.account_id,
            amount=Money(obj.amount_minor, obj.account.currency),
            reference=form.cleaned_data["reference"],
            note=obj.note,
            actor_id=request.user.pk,
        )
        obj.pk = entry.pk

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
