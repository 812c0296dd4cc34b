from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin import ReadOnlyInline
from apps.core.errors import DomainError
from apps.core.models import new_id
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.orders.models import Order
from apps.refunds import services
from apps.refunds.admin.deciding import Decides, DecisionForm, WordsForm, id_of
from apps.refunds.models import Refund, RefundLine
from apps.refunds.selectors import (
    list_line_accounts,
)

_REFUND_COLOURS = {"approved": "info", "paid": "success", "failed": "danger"}


class RefundLineInline(ReadOnlyInline):
    model = RefundLine
    fields = ["sku", "quantity", "shown_amount", "is_restocked"]

    @admin.display(description=_("amount"))
    def shown_amount(self, line: RefundLine) -> str:
        return money_text(line.amount)


@admin.register(Refund)
class RefundAdmin(Decides):
    """The ledger of what went back; a refund without an order is a credit that stands alone."""

    list_display = ["created_at", "order", "party", "kind", "state_label", "amount", "reason"]
    list_filter = ["state", "kind", ("order", admin.EmptyFieldListFilter), "currency"]
    list_select_related = ["order"]
    search_fields = ["=reference", "=order__number", "=party"]
    ordering = ["-created_at"]
    inlines = [RefundLineInline]
    fields = [
        "order", "party", "kind", "state", "amount", "parts", "reason", "granted_by",
        "created_at", "paid_at", "paid_note", "failure", "attempt", "reference",
    ]  # fmt: skip
    actions_list = ["grant"]
    actions_detail = ["retry", "settle_otherwise"]

    @display(description=_("state"), label=_REFUND_COLOURS, ordering="state")  # type: ignore[untyped-decorator]
    def state_label(self, refund: Refund) -> tuple[str, str]:
        return refund.state, refund.get_state_display()

    @admin.display(description=_("how it adds up"))
    def parts(self, refund: Refund) -> SafeString:
        parts = (
            (_("goods"), refund.lines_minor),
            (_("shipping"), refund.shipping_minor),
            (_("goodwill"), refund.goodwill_minor),
        )
        return format_html_join(
            "",
            "<div>{}: {}</div>",
            ((label, money_text(Money(minor, refund.currency))) for label, minor in parts),
        )

    @action(description=_("Give money back"), url_path="grant", permissions=["decide"])  # type: ignore[untyped-decorator]
    def grant(self, request: HttpRequest) -> HttpResponse:
        """A refund that nobody asked for: first the order's number, then what of it goes back."""
        number = request.GET.get("number", "").strip().upper()
        order = Order.objects.filter(number=number).first() if number else None
        if order is None:
            return self.ask(
                request,
                "refunds/find.html",
                title=_("Give money back"),
                number=number,
            )
        form = DecisionForm(
            request.POST or None,
            currency=order.currency,
            lines=[(one, one.left, "") for one in list_line_accounts(order) if one.left],
            initial={"reference": f"staff:{new_id()}"},
        )
        title = _("Give money back: order %s") % order.number
        if "approve" not in request.POST or not form.is_valid():
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
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:refunds_refund_change", refund.pk)

    @action(description=_("Try again"), url_path="retry", permissions=["decide"])  # type: ignore[untyped-decorator]
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the gateway anew, once a person has said so on the page that a visit shows."""
        form = forms.Form(request.POST or None)
        if request.method != "POST":
            title = _("Try again to pay")
            return self.ask(request, "refunds/ask.html", title=title, form=form)
        try:
            services.retry_refund(refund_id=id_of(object_id), actor_id=request.user.pk or 0)
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.ERROR)
        else:
            self.message_user(request, _("The gateway is asked again."), messages.SUCCESS)
        return redirect("admin:refunds_refund_change", object_id)

    @action(description=_("Paid by other means"), url_path="settle", permissions=["decide"])  # type: ignore[untyped-decorator]
    def settle_otherwise(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note how the money went instead."""
        form = WordsForm(request.POST or None, label=_("How the money went"))
        if form.is_valid():
            try:
                services.settle_otherwise(
                    refund_id=id_of(object_id),
                    actor_id=request.user.pk or 0,
                    note=form.cleaned_data["words"],
                )
            except DomainError as refusal:
                form.add_error(None, gettext(str(refusal)))
            else:
                self.message_user(request, _("It is noted as paid."), messages.SUCCESS)
                return redirect("admin:refunds_refund_change", object_id)
        title = _("Paid by other means")
        return self.ask(request, "refunds/ask.html", title=title, form=form)
