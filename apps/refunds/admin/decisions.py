"""What staff decide with: forms, the preview of amounts, and the pages that show them."""

from typing import Any
from uuid import UUID

import msgspec
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.admin import AskingAdmin, MajorUnits, minor_of
from apps.core.errors import DomainError
from apps.core.rules import digest_of
from apps.core.selectors import money_text
from apps.core.types import Money, exponent_of
from apps.orders.models import Order
from apps.refunds.selectors import money_left, preview_refund, shipping_left
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
            back = gettext("Has come back and can be sold again")
            self.fields[f"restock_{key}"] = forms.BooleanField(
                required=False,
                widget=UnfoldBooleanWidget(attrs={"aria-label": f"{back}: {account.title}"}),
            )
        places = exponent_of(currency)
        for name, label in (("shipping", _("Shipping")), ("goodwill", _("Goodwill"))):
            self.fields[name] = MajorUnits(
                label=label, min_value=0, decimal_places=places, max_digits=12, initial=0
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
            "shipping_minor": minor_of(given["shipping"], currency=self.currency),
            "goodwill_minor": minor_of(given["goodwill"], currency=self.currency),
        }


class NumberForm(forms.Form):
    """Which order it is about."""

    number = forms.CharField(
        label=_("Order number"), max_length=20, widget=UnfoldAdminTextInputWidget
    )

    def clean_number(self) -> str:
        """The number as orders bear it: in capitals, without spaces around it."""
        return str(self.cleaned_data["number"]).strip().upper()


class WordsForm(forms.Form):
    """A few words that must be given."""

    words = forms.CharField(max_length=1000, widget=UnfoldAdminTextareaWidget)

    def __init__(self, *args: Any, label: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = str(label)


class Decides(AskingAdmin):
    """Pages that ask staff for a decision, and what they have in common."""

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("refunds.change_refundrequest")

    def is_decided(self, request: HttpRequest, form: DecisionForm, *, order: Order) -> bool:
        """Whether the button was pressed beside a preview of exactly these figures."""
        if "approve" not in request.POST or not form.is_valid():
            return False
        preview = preview_of(form, order=order)
        if preview is None:
            return False
        if request.POST.get("seen") == _digest(preview):
            return True
        words = _("Nothing was given back yet: please look at these amounts first.")
        self.message_user(request, words, messages.WARNING)
        return False

    def decision_page(
        self, request: HttpRequest, form: DecisionForm, *, order: Order, title: object
    ) -> HttpResponse:
        """The figures to fill in, and once they make sense, what they come to and the button."""
        is_sound = form.is_bound and form.is_valid()
        preview = preview_of(form, order=order) if is_sound else None
        return self.ask(
            request,
            title=title,
            form=form,
            template="refunds/decide.html",
            order=order,
            cap=money_text(money_left(order)),
            shipping_left=money_text(shipping_left(order)),
            preview=_shown(preview) if preview else None,
            seen=_digest(preview) if preview else "",
        )


def id_of(text: object) -> UUID:
    """The id that a part of an address is. Raises Http404 for what is none."""
    try:
        return UUID(str(text))
    except ValueError as error:
        raise Http404 from error


def preview_of(form: DecisionForm, *, order: Order) -> RefundPreview | None:
    """What a valid form comes to; None, and an error in the form, if it cannot be."""
    try:
        return preview_refund(order=order, **form.decision())
    except DomainError as refusal:
        form.add_error(None, gettext(str(refusal)))
        return None


def _digest(preview: RefundPreview) -> str:
    return digest_of(text=msgspec.json.encode(preview).decode())


def _shown(preview: RefundPreview) -> dict[str, Any]:
    currency = preview.total.currency
    lines = [
        {"line": one, "amount": money_text(Money(one.amount_minor, currency))}
        for one in preview.lines
    ]
    figures = ("shipping", "goodwill", "tax", "total", "cap")
    shown = {name: money_text(getattr(preview, name)) for name in figures}
    return {"lines": lines, "is_too_much": preview.is_too_much, **shown}
