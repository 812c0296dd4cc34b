from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin import (
    AskingAdmin,
    FoundByOrder,
    MajorUnits,
    MajorUnitsForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    asks,
    money_column,
    sum_of,
)
from apps.core.errors import DomainError
from apps.core.rules import public_number
from apps.core.types import Money
from apps.payments import services
from apps.payments.models import (
    CreditAccount,
    CreditEntry,
    Difference,
    Payment,
    Transaction,
    WebhookEvent,
)

_MAJOR_UNITS = _("In the account's currency, with its decimals: 1500.00")
_BY_ORDER = _("A whole order number, e-mail address or order id")


class ServiceForm(MajorUnitsForm):
    """A form that can be refused by the service that saves it."""

    refusal = ""

    def clean(self) -> dict[str, Any] | None:
        if self.refusal:
            self.add_error(None, self.refusal)
        return super().clean()


class ServiceAdmin(ModelAdmin):
    """Forms whose saving is a service: its refusal is an error of the form, and nothing has changed."""

    form = ServiceForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; after a refusal once more, with it and with what was typed."""
        try:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except DomainError as refusal:
            request.refusal = gettext(str(refusal))  # type: ignore[attr-defined]
            response = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.refusal = getattr(request, "refusal", "")
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _order_link(payment: Payment) -> SafeString:
    """The order that is paid, by the number that is made from its id."""
    address = reverse("admin:orders_order_change", args=[payment.reference])
    number = public_number(source=payment.reference)
    return format_html('<a class="text-primary-600" href="{}">{}</a>', address, number)


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


class DifferenceInline(ReadOnlyInline):
    model = Difference
    fields = ["kind", "amount", "first_seen_at", "settled_at", "note"]
    amount = money_column("amount_minor", label=_("amount"))


@admin.register(Payment)
class PaymentAdmin(FoundByOrder, ReadOnlyAdmin):
    """The ledger of an order's money; it is changed by the pipeline only."""

    list_display = ["created_at", "order", "gateway", "amount", "captured", "refunded"]
    list_filter = ["created_at", "gateway", "currency"]
    search_fields = ["=reference", "=id", "gateway_reference"]
    search_help_text = _("A whole order number, e-mail address or id, or a gateway's reference")
    ordering = ["-created_at"]
    fields = [
        "order", "payer", "gateway", "gateway_reference", "amount", "authorised", "captured",
        "refunded", "created_at", "closed_at", "released_at", "checked_at", "action_url",
    ]  # fmt: skip
    inlines = [TransactionInline, WebhookEventInline, DifferenceInline]
    amount = money_column("amount_minor", label=_("amount"))
    authorised = money_column("authorised_minor", label=_("authorised"))
    captured = money_column("captured_minor", label=_("captured"))
    refunded = money_column("refunded_minor", label=_("refunded"))

    @admin.display(description=_("order"), ordering="reference")
    def order(self, payment: Payment) -> SafeString:
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
    def order(self, transaction: Transaction) -> SafeString:
        return _order_link(transaction.payment)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "gateway", "type", "event_id", "outcome", "payment"]
    list_filter = ["gateway", "outcome", "type"]
    search_fields = ["=event_id"]
    list_select_related = ["payment"]
    ordering = ["-id"]


@admin.register(Difference)
class DifferenceAdmin(FoundByOrder, AskingAdmin):
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
    def order(self, difference: Difference) -> SafeString | str:
        return _order_link(difference.payment) if difference.payment else "–"

    @asks(
        _("Settled outside the shop"),
        noted=_("settled outside the shop"),
        permissions=["settle"],
        money=(_("amount"), sum_of("amount_minor")),
    )
    def settle(
        self, request: HttpRequest, queryset: QuerySet[Difference], _answer: forms.Form
    ) -> Iterator[Difference]:
        for difference in queryset:
            if services.settle_by_hand(difference_id=difference.pk, actor_id=request.user.pk):
                yield difference

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_difference")


class CreditEntryInline(ReadOnlyInline):
    model = CreditEntry
    fields = [
        "created_at", "kind", "amount", "effect", "purchase_order", "due_on", "note", "actor"
    ]  # fmt: skip
    amount = money_column("amount_minor", label=_("amount"), currency="account.currency")
    effect = money_column(
        "effect_minor", label=_("change of what is used"), currency="account.currency"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditEntry]:
        entries: QuerySet[CreditEntry] = super().get_queryset(request)
        return entries.select_related("account", "actor")


class TermsForm(ServiceForm):
    """What a customer may owe, typed in pounds or euros."""

    amounts = {"limit": "limit_minor"}
    limit = MajorUnits(label=_("Limit"), help_text=_MAJOR_UNITS, min_value=0)

    class Meta:
        model = CreditAccount
        fields = ["customer", "currency", "net_days", "is_open"]


@admin.register(CreditAccount)
class CreditAccountAdmin(ServiceAdmin):
    """Terms are set here, and each change is an entry; what is used is the sum of the entries."""

    form = TermsForm
    list_display = ["customer", "limit", "used", "free", "net_days", "is_open"]
    list_filter = ["is_open", "currency"]
    list_select_related = ["customer"]
    search_fields = ["customer__email", "customer__name"]
    search_help_text = _("An e-mail address or a name, or a part of it")
    autocomplete_fields = ["customer"]
    ordering = ["-created_at"]
    inlines = [CreditEntryInline]
    limit = money_column("limit_minor", label=_("limit"))
    used = money_column("used_minor", label=_("used"))
    free = money_column("free.minor", label=_("free"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["customer", "currency", "limit", "net_days"]
        return [*shown, "used", "free", "is_open"] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["customer", "currency", "used", "free"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: CreditAccount, form: TermsForm, change: bool
    ) -> None:
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


class ReceiptForm(ServiceForm):
    """Money that has come in."""

    amounts = {"amount": "amount_minor"}
    amount = MajorUnits(label=_("Amount"), help_text=_MAJOR_UNITS)
    reference = forms.CharField(
        label=_("Reference on the bank statement"),
        help_text=_("Counts once for each account."),
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = CreditEntry
        fields = ["account", "note"]

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount <= 0:
            raise ValidationError(gettext("Money that has come in is more than nothing."))
        return amount

    def currency(self) -> str:
        """The account's."""
        account = self.cleaned_data.get("account")
        return account.currency if account else ""


@admin.register(CreditEntry)
class CreditEntryAdmin(FoundByOrder, ServiceAdmin):
    """The books of all credit accounts. To add an entry is to enter a payment received."""

    list_display = [
        "created_at", "account", "kind", "amount", "purchase_order", "due_on", "actor"
    ]  # fmt: skip
    list_filter = ["created_at", "kind", "due_on"]
    list_select_related = ["account__customer", "actor"]
    search_fields = ["account__customer__email", "purchase_order", "=payment__reference"]
    search_help_text = _("A customer's e-mail address, a purchase order or a whole order number")
    order_field = "payment__reference"
    ordering = ["-id"]
    amount = money_column("amount_minor", label=_("amount"), currency="account.currency")
    effect = money_column(
        "effect_minor", label=_("change of what is used"), currency="account.currency"
    )

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_form(request, obj, **({} if obj else {"form": ReceiptForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["account", "amount", "reference", "note"]
        return [*self.list_display, "effect", "payment", "note"]

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
        obj.pk, obj.kind = entry.pk, entry.kind

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
