"""Screens that hold several apps together: the order desk."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin import (
    AskingAdmin,
    PanelledAdmin,
    ReadOnlyInline,
    Subject,
    event_words,
    moment_text,
    money_column,
    names_of,
    noted_with,
    opens,
    sum_of,
)
from apps.core.errors import DomainError
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.jobs.admin import bulk
from apps.orders import selectors, services
from apps.orders.errors import AlreadyShipped, IllegalTransition
from apps.orders.models import Order, OrderLine, PlacementConflict
from apps.orders.types import OrderStatus
from apps.payments.models import Payment
from apps.payments.selectors import get_standing, list_payments

opens(kind="order", page="admin:orders_order_change")

_COLOURS = {
    "paid": "success",
    "placed": "info",
    "awaiting_payment": "warning",
    "awaiting_approval": "warning",
    "completed": "success",
    "rejected": "danger",
    "cancelled": "danger",
}


class CancelForm(forms.Form):
    """Why orders are stopped."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=lambda: [(one, selectors.reason_words(one)) for one in selectors.STAFF_REASONS],
        widget=UnfoldAdminSelectWidget,
    )


def _taken_for(orders: QuerySet[Order]) -> list[Money]:
    """What of the orders' money is taken, and not sent back yet."""
    payments = Payment.objects.filter(reference__in=orders.order_by().values("pk"), closed_at=None)
    left = Sum(F("captured_minor") - F("refunded_minor"))
    rows = payments.order_by("currency").values_list("currency").annotate(left=left)
    return [Money(minor, currency) for currency, minor in rows]


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = [
        "sku", "title", "options", "quantity", "shown_price", "line_amount", "line_paid",
        "shown_rate", "shipped_quantity", "cancelled_quantity",
    ]  # fmt: skip
    ordering = ["position"]
    line_amount = money_column("amount_minor", label=_("amount"))
    line_paid = money_column("paid_minor", label=_("paid"))

    @admin.display(description=_("unit price"))
    def shown_price(self, line: OrderLine) -> str:
        """Money; a price in parts of a penny keeps them."""
        price = selectors.unit_price_of(line)
        if price is not None:
            return money_text(price)
        number = formats.number_format(line.unit_price.normalize(), use_l10n=True)
        return f"{number} {line.currency}"

    @admin.display(description=_("tax rate"))
    def shown_rate(self, line: OrderLine) -> str:
        """The line's tax rate in percent, without zeros behind it."""
        percent = (line.tax_rate * 100).normalize()
        return f"{formats.number_format(f'{percent:f}', use_l10n=True)} %"


class PlacementConflictInline(ReadOnlyInline):
    model = PlacementConflict
    fields = ["gateway", "accepted_at", "recorded_at"]


@admin.register(Order)
class OrderAdmin(PanelledAdmin, AskingAdmin):
    """Read-only: staff change an order through the actions below, hence through services."""

    list_display = ["number", "status_label", "email", "shown_total", "channel", "accepted_at"]
    list_filter = ["accepted_at", "status", "channel", "market", "currency"]
    search_fields = ["=number", "=email", "=id"]
    search_help_text = _("A whole order number, e-mail address or id")
    ordering = ["-accepted_at", "-id"]
    actions = ["approve", "cancel"]
    actions_detail = ["approve_one", "cancel_one", "give_back"]
    fieldsets = [
        (
            None,
            {"fields": ["number", "status", "refusal", "email", "channel", "market"]},
        ),
        (_("Amounts"), {"fields": ["amounts"]}),
        (_("Delivery"), {"fields": ["delivery", "shipping_name"]}),
        (_("Timeline"), {"fields": ["timeline"]}),
    ]
    shown_total = money_column("total_minor", label=_("total"))
    subject_kind = "order"

    def subject_of(self, row: Order) -> Subject:
        """The order, under its number."""
        return Subject(kind="order", key=str(row.pk), label=row.number)

    @display(description=_("status"), label=_COLOURS, ordering="status")  # type: ignore[untyped-decorator]
    def status_label(self, order: Order) -> tuple[str, str]:
        """Where the order stands, as a coloured label."""
        return order.status, order.get_status_display()

    @admin.display(description=_("reason"))
    def refusal(self, order: Order) -> str:
        """Why the order was stopped, and for lack of which SKUs; a dash where it was not."""
        skus = order.reason_details.get("skus", [])
        return f"{selectors.reason_words(order.reason)} {', '.join(skus)}".strip() or "–"

    @admin.display(description=_("how it adds up"))
    def amounts(self, order: Order) -> SafeString:
        """What the total is made of, in the order's currency; goods and shipping without tax.

        Adjustments stand under the labels that the shopper has read.
        """
        parts = (
            (_("items without tax"), order.lines_minor),
            (_("shipping without tax"), order.shipping_minor),
            (_("tax"), order.tax_minor),
            *((one.label, one.amount_minor) for one in selectors.adjustments_of(order)),
            (_("total"), order.total_minor),
        )
        return format_html_join(
            "", "<div>{}: {}</div>",
            ((label, money_text(Money(minor, order.currency))) for label, minor in parts),
        )  # fmt: skip

    @admin.display(description=_("delivered to"))
    def delivery(self, order: Order) -> SafeString:
        """Where the order goes, line by line; nothing once the order is erased."""
        address = order.ship_to
        town = f"{address.postcode} {address.city}".strip()
        parts = (
            address.name, address.company, address.line1, address.line2, town, address.region,
            address.country, address.phone,
        )  # fmt: skip
        return format_html_join("", "<div>{}</div>", ((part,) for part in parts if part))

    @admin.display(description=_("what happened"))
    def timeline(self, order: Order) -> SafeString:
        """The kept events about the order, in the order in which they happened, and who was it."""
        events = list(selectors.list_timeline(order.pk))
        names = names_of(event.actor_id for event in events)
        rows = (
            (
                moment_text(event.occurred_at),
                event_words(event.type),
                selectors.reason_words(event.payload.get("reason") or ""),
                names[event.actor_id] if event.actor_id else "",
            )
            for event in events
        )
        return format_html(
            "<ol>{}</ol>", format_html_join("", "<li><time>{}</time> {} {} {}</li>", rows)
        )

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[type[ReadOnlyInline]]:
        """Conflicts are rare: their table is shown where there are some."""
        has_conflicts = obj is not None and obj.conflicts.exists()
        return [OrderLineInline, *([PlacementConflictInline] if has_conflicts else [])]

    def fitting_actions(self, row: Order) -> Collection[str]:
        waits = row.status == OrderStatus.AWAITING_APPROVAL and row.approved_at is None
        may_stop = selectors.is_cancellable(row)
        fitting = {
            "approve_one": waits,
            "cancel_one": may_stop and not _has_left(row),
            "give_back": row.status in {OrderStatus.PAID, OrderStatus.COMPLETED},
        }
        return [name for name, fits in fitting.items() if fits]

    @action(description=_("Approve"), url_path="approve", permissions=["approve"])  # type: ignore[untyped-decorator]
    def approve_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more, then let the money be taken."""
        order = _get_order(object_id)
        if request.method == "POST":
            if self._approve(request, order):
                self.note(request, order, words=_("approved"))
            return redirect("admin:orders_order_change", order.pk)
        title = _("Approve order %s") % order.number
        return self.ask(request, title=title, form=forms.Form(), facts=_facts(order))

    @action(description=_("Cancel"), url_path="cancel", permissions=["cancel"])  # type: ignore[untyped-decorator]
    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, and say beforehand where the money goes."""
        order = _get_order(object_id)
        if request.method != "POST" and "cancel_one" not in self.fitting_actions(order):
            refusal = AlreadyShipped if _has_left(order) else IllegalTransition
            self.message_user(request, gettext(refusal.message), messages.ERROR)
            return redirect("admin:orders_order_change", order.pk)
        form = CancelForm(request.POST or None)
        if form.is_valid() and self._cancel(request, order, form=form):
            self.note(request, order, words=noted_with(_("cancelled"), form))
            return redirect("admin:orders_order_change", order.pk)
        title = _("Cancel order %s") % order.number
        return self.ask(request, title=title, form=form, facts=_facts(order))

    @action(description=_("Give money back"), url_path="give-back", permissions=["refund"])  # type: ignore[untyped-decorator]
    def give_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page where refunds are granted, with this order chosen."""
        order = _get_order(object_id)
        return redirect(reverse("admin:refunds_refund_grant", query={"number": order.number}))

    @bulk(
        _("Approve the selected orders"),
        work="orders.approve",
        noted=_("approved"),
        permissions=["approve"],
        money=(_("is taken"), sum_of("total_minor")),
    )
    def approve(self, request: HttpRequest, answer: forms.Form) -> Mapping[str, Any]:
        """The money of orders above the limit may be taken; it is, when the news is heard."""
        return {}

    @bulk(
        _("Cancel the selected orders"),
        work="orders.cancel",
        noted=_("cancelled"),
        permissions=["cancel"],
        form=CancelForm,
        money=(_("goes back"), _taken_for),
    )
    def cancel(self, request: HttpRequest, answer: CancelForm) -> Mapping[str, Any]:
        """Stock is freed at once; money goes back when the news is heard."""
        return {"reason": answer.cleaned_data["reason"]}

    def has_approve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.approve_order")

    def has_cancel_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.change_order")

    def has_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("refunds.change_refundrequest")

    def _approve(self, request: HttpRequest, order: Order) -> bool:
        try:
            services.approve_order(order_id=order.pk, actor_id=request.user.pk or 0)
        except DomainError as error:
            self.message_user(request, f"{order}: {gettext(str(error))}", messages.ERROR)
            return False
        self.message_user(request, _("%s is approved.") % order, messages.SUCCESS)
        return True

    def _cancel(self, request: HttpRequest, order: Order, *, form: CancelForm) -> bool:
        """Cancel an order; False, and the refusal in the form, if that cannot be."""
        try:
            services.cancel_order(
                order_id=order.pk, actor_id=request.user.pk, reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            form.add_error(None, f"{order}: {gettext(str(error))}")
            return False
        self.message_user(request, _("%s is cancelled.") % order, messages.SUCCESS)
        return True


def _has_left(order: Order) -> bool:
    return order.lines.filter(shipped_quantity__gt=0).exists()


def _get_order(object_id: str) -> Order:
    try:
        return get_object_or_404(Order, pk=UUID(str(object_id)))
    except ValueError as error:
        raise Http404 from error


def _facts(order: Order) -> list[tuple[Any, Any]]:
    """What one should know before one decides about an order."""
    return [
        (_("customer"), order.email),
        (_("total"), money_text(order.total)),
        (_("status"), order.get_status_display()),
        (_("money"), _where_it_goes(order)),
    ]


def _where_it_goes(order: Order) -> str:
    """Who gets what back if the order is cancelled."""
    standing = get_standing(order.pk, total=order.total)
    if standing.left_minor:
        words = gettext(
            "A cancellation sends %(amount)s back to %(email)s, the way it came (%(way)s)."
        )
        amount = money_text(Money(standing.left_minor, order.currency))
        ways = [
            one.gateway for one in list_payments(order.pk) if one.is_live and one.captured_minor
        ]
        return words % {"amount": amount, "email": order.email, "way": ", ".join(ways)}
    if standing.held_minor and not standing.captured_minor:
        words = gettext("%(amount)s are held, not taken; a cancellation lets go of them.")
        return words % {"amount": money_text(Money(standing.held_minor, order.currency))}
    return gettext("No money is held, and none is left to send back.")
