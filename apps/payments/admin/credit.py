"""Credit accounts: what customers may owe, and what they have paid of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin import (
    FoundByOrder,
    MajorUnits,
    MajorUnitsForm,
    Panel,
    ReadOnlyInline,
    Subject,
    money_column,
    panel,
)
from apps.core.errors import DomainError
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.payments import services
from apps.payments.models import CreditAccount, CreditEntry

_MAJOR_UNITS = _("In the account's currency, with its decimals: 1500.00")


@panel(of="customer")
def show_credit(request: HttpRequest, subject: Subject) -> Panel | None:
    """What a customer may owe, and owes."""
    if not request.user.has_perm("payments.view_creditaccount"):
        return None
    accounts = CreditAccount.objects.filter(customer=int(subject.key)).order_by("currency")
    words = gettext("%(used)s of %(limit)s")
    rows = [
        (
            one.currency,
            words
            % {
                "used": money_text(Money(one.used_minor, one.currency)),
                "limit": money_text(Money(one.limit_minor, one.currency)),
            },
        )
        for one in accounts
    ]
    address = reverse("admin:payments_creditaccount_changelist", query={"q": subject.label})
    return Panel(title=_("credit account"), rows=rows, address=address)


class ServiceForm(MajorUnitsForm):
    """A form that can be refused by the service that saves it."""

    refusal = ""

    def clean(self) -> dict[str, Any] | None:
        """Add what the service refused, if it did, to what is wrong with the form itself."""
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
        """The form, which knows what the service has just refused of it."""
        form = super().get_form(request, obj, **kwargs)
        form.refusal = getattr(request, "refusal", "")
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
        """The entries with account and actor: no query more for each."""
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
        """The terms; of an account that is there also what is used and free, and its switch."""
        shown = ["customer", "currency", "limit", "net_days"]
        return [*shown, "used", "free", "is_open"] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose account it is, and in which currency, is said once; entries say what is used."""
        return ["customer", "currency", "used", "free"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: CreditAccount, form: TermsForm, change: bool
    ) -> None:
        """Open an account or change its terms, by the services, in the account's minor units.

        Raises AccountExists and LimitBelowUse, which the form then shows.
        """
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
        """The typed amount in major units, more than nothing. Raises ValidationError."""
        amount = self.cleaned_data["amount"]
        if amount <= 0:
            raise ValidationError(gettext("Money that has come in is more than nothing."))
        return amount

    def currency(self) -> str:
        """The currency of the account that was chosen; empty while none is."""
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
        """A payment received is typed into a form of its own."""
        return super().get_form(request, obj, **({} if obj else {"form": ReceiptForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What one types of a payment received; of an entry, all that it says."""
        if obj is None:
            return ["account", "amount", "reference", "note"]
        return [*self.list_display, "effect", "payment", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of an entry: the books are added to, never corrected."""
        return self.get_fields(request, obj) if obj else []

    def save_model(
        self, request: HttpRequest, obj: CreditEntry, form: ReceiptForm, change: bool
    ) -> None:
        """Enter a payment received, by the service, in the account's minor units.

        Raises InvalidInput and ReceiptConflict, which the form then shows.
        """
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
