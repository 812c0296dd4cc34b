"""What staff decide with: forms, the preview of amounts, and the pages that show them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.admin import ReadOnlyAdmin
from apps.core.errors import DomainError
from apps.core.selectors import money_text
from apps.core.types import Money, exponent_of
from apps.orders.models import Order
from apps.refunds import rules
from apps.refunds.selectors import (
    money_left,
    preview_refund,
    shipping_left,
)
from apps.refunds.types import ApprovedLine, LineAccount, RefundPreview


class DecisionForm(forms.Form):
    """What of an order goes back: units and shelf per line, shipping and goodwill in major units."""

    def __init__(
        self,
        *args: Any,
        currency: str,
        lines: list[tuple[LineAccount, int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.lines = currency, lines
        for account, most, reason in lines:
            key = account.order_line_id
            self.fields[f"units_{key}"] = forms.IntegerField(
                min_value=0,
                max_value=most,
                initial=most if reason else 0,
                widget=UnfoldAdminIntegerFieldWidget(
                    attrs={"aria-label": f"{gettext('Units to take back')}: {account.title}"}
                ),
            )
            self.fields[f"restock_{key}"] = forms.BooleanField(
                required=False,
                initial=account.stocked and rules.is_resalable(reason) and account.shipped > 0,
                widget=UnfoldBooleanWidget(
                    attrs={"aria-label": f"{gettext('Back on the shelf')}: {account.title}"}
                ),
            )
        places = exponent_of(currency)
        for name, label in (("shipping", _("Shipping")), ("goodwill", _("Goodwill"))):
            self.fields[name] = forms.DecimalField(
                label=label,
                min_value=0,
                decimal_places=places,
                max_digits=12,
                initial=Decimal(0),
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
            )
        self.fields["reason"] = forms.CharField(
            label=_("Reason, for the books"), max_length=200, widget=UnfoldAdminTextInputWidget
        )
        self.fields["reference"] = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def rows(self) -> list[dict[str, Any]]:
        """The lines with their two fields, for the page."""
        return [
            {
                "account": account,
                "most": most,
                "units": self[f"units_{account.order_line_id}"],
                "restock": self[f"restock_{account.order_line_id}"],
            }
            for account, most, _reason in self.lines
        ]

    def decision(self) -> dict[str, Any]:
        """What the services want to know."""
        given = self.cleaned_data
        lines = [
            ApprovedLine(
                order_line_id=account.order_line_id,
                quantity=given[f"units_{account.order_line_id}"],
                restock=given[f"restock_{account.order_line_id}"],
            )
            for account, *_rest in self.lines
            if given[f"units_{account.order_line_id}"]
        ]
        return {
            "lines": lines,
            "shipping_minor": self._minor(given["shipping"]),
            "goodwill_minor": self._minor(given["goodwill"]),
        }

    def _minor(self, amount: Decimal) -> int:
        return int(amount.scaleb(exponent_of(self.currency)))


class WordsForm(forms.Form):
    """A few words that must be given."""

    words = forms.CharField(max_length=1000, widget=UnfoldAdminTextareaWidget)

    def __init__(self, *args: Any, label: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = str(label)


class Decides(ReadOnlyAdmin):
    """Pages that ask staff for a decision, and what they have in common."""

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("refunds.change_refundrequest")

    def ask(
        self, request: HttpRequest, template: str, *, title: object, **context: Any
    ) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, template, {**frame, **context})

    def decision_page(
        self, request: HttpRequest, form: DecisionForm, *, order: Order, title: object
    ) -> HttpResponse:
        preview = _preview(form, order=order) if form.is_bound and form.is_valid() else None
        return self.ask(
            request,
            "refunds/decide.html",
            title=title,
            form=form,
            order=order,
            cap=money_text(money_left(order)),
            shipping_left=money_text(shipping_left(order)),
            preview=preview,
        )


def id_of(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise Http404 from error


def _preview(form: DecisionForm, *, order: Order) -> dict[str, Any]:
    try:
        preview: RefundPreview = preview_refund(order=order, **form.decision())
    except DomainError as refusal:
        form.add_error(None, gettext(str(refusal)))
        return {}
    lines = [
        {"line": one, "amount": money_text(Money(one.amount_minor, order.currency))}
        for one in preview.lines
    ]
    figures = ("shipping", "goodwill", "tax", "total", "cap")
    shown = {name: money_text(getattr(preview, name)) for name in figures}
    return {"lines": lines, "is_too_much": preview.is_too_much, **shown}
