from collections.abc import Collection

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin import (
    ReadOnlyInline,
    account_column,
    finder,
    lists,
    money_column,
    noted_with,
)
from apps.core.errors import DomainError
from apps.core.models import new_id
from apps.core.rules import searchable
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.orders.models import Order
from apps.orders.selectors import reason_words
from apps.pricing.selectors import summed_up
from apps.refunds import services
from apps.refunds.admin.decisions import Decides, DecisionForm, NumberForm, WordsForm, id_of
from apps.refunds.errors import NothingCaptured
from apps.refunds.models import Refund, RefundLine, RefundRequest
from apps.refunds.selectors import is_returnable, list_line_accounts
from apps.refunds.types import RefundState

for _kind in ("order", "customer"):
    lists(of=_kind, model=Refund, title=_("refunds"))
_REFUND_COLOURS = {"approved": "info", "paid": "success", "failed": "danger"}


class RefundLineInline(ReadOnlyInline):
    model = RefundLine
    fields = ["sku", "quantity", "shown_paid", "shown_amount", "is_restocked"]

    shown_paid = money_column("paid_minor", label=_("paid for them"))
    shown_amount = money_column("amount_minor", label=_("amount"))


@admin.register(Refund)
class RefundAdmin(Decides):
    """The ledger of what went back; a refund without an order is a credit that stands alone."""

    list_display = [
        "created_at", "order", "party", "kind", "state_label", "shown_amount", "shown_reason"
    ]  # fmt: skip
    list_filter = [
        "created_at", "state", "kind", ("order", admin.EmptyFieldListFilter), "currency"
    ]  # fmt: skip
    list_select_related = ["order"]
    search_fields = ["=reference", "=order__number", "=party"]
    search_help_text = _("A whole order number, e-mail address or reference")
    ordering = ["-created_at"]
    inlines = [RefundLineInline]
    fields = [
        "order", "party", "kind", "state", "shown_amount", "parts", "shown_reason",
        "granted_by_name", "created_at", "paid_at", "paid_note", "failure", "attempt", "reference",
    ]  # fmt: skip
    actions_list = ["grant"]
    actions_detail = ["retry", "settle_otherwise"]
    shown_amount = money_column("amount_minor", label=_("amount"))
    granted_by_name = account_column("granted_by", label=_("granted by"))

    @display(description=_("state"), label=_REFUND_COLOURS, ordering="state")  # type: ignore[untyped-decorator]
    def state_label(self, refund: Refund) -> tuple[str, str]:
        """How far the money has come, as a coloured label."""
        return refund.state, refund.get_state_display()

    @admin.display(description=_("reason"), ordering="reason")
    def shown_reason(self, refund: Refund) -> str:
        """Why it was granted, in words for staff."""
        return reason_words(refund.reason)

    @admin.display(description=_("how it adds up"))
    def parts(self, refund: Refund) -> SafeString:
        """What the amount is made of, tax included: what was paid for it, and the adjustments to that."""
        adjustments = summed_up(one.stands_for for one in refund.adjustments.order_by("position"))
        parts = (
            (_("goods"), refund.lines_minor),
            (_("shipping"), refund.shipping_minor),
            *((gettext(one.label), one.amount_minor) for one in adjustments),
        )
        return format_html_join(
            "",
            "<div>{}: {}</div>",
            ((label, money_text(Money(minor, refund.currency))) for label, minor in parts),
        )

    def fitting_actions(self, row: Refund) -> Collection[str]:
        if row.state == RefundState.FAILED:
            return ["retry", "settle_otherwise"]
        is_owed = row.order_id is None and row.state == RefundState.APPROVED
        return ["settle_otherwise"] if is_owed else []

    @action(description=_("Give money back"), url_path="grant", permissions=["decide"])  # type: ignore[untyped-decorator]
    def grant(self, request: HttpRequest) -> HttpResponse:
        """A refund that nobody asked for: first the order's number, then what of it goes back."""
        find = NumberForm(request.GET or None)
        order = _find_order(find)
        if order is None:
            title, go_on = gettext("Give money back"), gettext("Go on")
            return self.ask(request, title=title, form=find, method="get", button=go_on)
        form = DecisionForm(
            request.POST or None,
            currency=order.currency,
            lines=[(one, one.left, "") for one in list_line_accounts(order) if one.left],
            initial={"reference": f"staff:{new_id()}"},
        )
        title = gettext("Give money back: order %s") % order.number
        granted = Refund.objects.filter(
            order=order, reference=searchable(request.POST.get("reference", ""))
        )
        if refund := granted.first():
            return redirect("admin:refunds_refund_change", refund.pk)
        if not self.is_decided(request, form, order=order):
            return self.decision_page(request, form, order=order, title=title)
        try:
            refund = services.grant_refund(
                order_id=order.pk,
                reference=form.cleaned_data["reference"],
                actor_id=request.user.pk or 0,
                reason=form.cleaned_data["reason"],
                **form.decision(),
            )
        except DomainError as refusal:
            form.add_error(None, gettext(str(refusal)))
            return self.decision_page(request, form, order=order, title=title)
        words = _("%s goes back to the customer.") % money_text(refund.amount)
        self.note(request, refund, words=words)
        self.note(request, order, words=words)
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:refunds_refund_change", refund.pk)

    @action(description=_("Try again"), url_path="retry", permissions=["decide"])  # type: ignore[untyped-decorator]
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the gateway anew, once a person has said so on the page that a visit shows."""
        refund = self._get(object_id)
        if request.method != "POST":
            title = _("Try again to pay")
            return self.ask(request, title=title, form=forms.Form(), facts=self._facts(refund))
        try:
            services.retry_refund(refund_id=refund.pk, actor_id=request.user.pk or 0)
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.ERROR)
        else:
            self.note(request, refund, words=_("The payment provider is asked again."))
            self.message_user(request, _("The payment provider is asked again."), messages.SUCCESS)
        return redirect("admin:refunds_refund_change", refund.pk)

    @action(description=_("Paid by other means"), url_path="settle", permissions=["decide"])  # type: ignore[untyped-decorator]
    def settle_otherwise(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note how the money went instead."""
        refund = self._get(object_id)
        form = WordsForm(request.POST or None, label=_("How the money went"))
        if form.is_valid():
            try:
                services.settle_otherwise(
                    refund_id=refund.pk,
                    actor_id=request.user.pk or 0,
                    note=form.cleaned_data["words"],
                )
            except DomainError as refusal:
                form.add_error(None, gettext(str(refusal)))
            else:
                self.note(request, refund, words=noted_with(_("Paid by other means"), form))
                self.message_user(request, _("It is noted as paid."), messages.SUCCESS)
                return redirect("admin:refunds_refund_change", refund.pk)
        title = _("Paid by other means")
        return self.ask(request, title=title, form=form, facts=self._facts(refund))

    def _get(self, object_id: str) -> Refund:
        return get_object_or_404(Refund.objects.select_related("order"), pk=id_of(object_id))

    def _facts(self, refund: Refund) -> list[tuple[object, object]]:
        """What one should know before one says that the money shall go, or has gone."""
        return [
            (_("order"), refund.order or "–"),
            (_("customer"), refund.party or "–"),
            (_("amount"), money_text(refund.amount)),
            (_("why it failed"), refund.failure or "–"),
        ]


def _find_order(find: NumberForm) -> Order | None:
    """The order to give money back for; None, and an error in the form, without one that was paid."""
    if not find.is_valid():
        return None
    number = find.cleaned_data["number"]
    order = Order.objects.filter(number=number).first()
    if order is None:
        find.add_error("number", gettext("There is no order %(number)s.") % {"number": number})
    elif not is_returnable(order):
        find.add_error("number", gettext(NothingCaptured.message))
    else:
        return order
    return None


@finder(of="order")
def _what_went_back(words: str) -> list[str]:
    """Under which references stock and mails have the refunds of the orders with this number or e-mail."""
    named = Q(order__number=words.upper()) | Q(order__email__iexact=words)
    refunds = list(Refund.objects.filter(named).values_list("pk", flat=True)[:200])
    requests = RefundRequest.objects.filter(named).values_list("pk", flat=True)[:200]
    lines = RefundLine.objects.filter(refund__in=refunds).values_list("pk", flat=True)
    return [*map(str, (*refunds, *requests)), *(f"refund-line:{pk}" for pk in lines)]
