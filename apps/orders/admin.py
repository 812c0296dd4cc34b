from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import ReadOnlyAdmin, ReadOnlyInline
from apps.core.errors import DomainError
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.orders import selectors, services
from apps.orders.models import Order, OrderLine, PlacementConflict

_COLOURS = {
    "paid": "success",
    "placed": "info",
    "awaiting_payment": "warning",
    "awaiting_approval": "warning",
    "completed": "success",
    "rejected": "danger",
    "cancelled": "danger",
}


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = [
        "sku", "title", "options", "quantity", "shown_price", "line_amount", "shown_rate",
        "shipped_quantity", "cancelled_quantity",
    ]  # fmt: skip
    ordering = ["position"]

    @admin.display(description=_("unit price"))
    def shown_price(self, line: OrderLine) -> str:
        return f"{line.unit_price.normalize():f} {line.currency}"

    @admin.display(description=_("tax rate"))
    def shown_rate(self, line: OrderLine) -> str:
        return f"{(line.tax_rate * 100).normalize():f} %"

    @admin.display(description=_("amount"))
    def line_amount(self, line: OrderLine) -> str:
        return money_text(line.amount)


class PlacementConflictInline(ReadOnlyInline):
    model = PlacementConflict
    fields = ["gateway", "accepted_at", "recorded_at"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Read-only: staff change an order through the actions below, hence through services."""

    list_display = ["number", "status_label", "email", "shown_total", "channel", "accepted_at"]
    list_filter = ["status", "channel", "market", "currency"]
    search_fields = ["=number", "=email", "=id"]
    search_help_text = _("A whole order number, e-mail address or id")
    ordering = ["-accepted_at", "-id"]
    actions = ["approve", "cancel"]
    fieldsets = [
        (None, {"fields": ["number", "status", "refusal", "email", "channel", "market"]}),
        (_("Amounts"), {"fields": ["amounts"]}),
        (_("Delivery"), {"fields": ["delivery", "shipping_name"]}),
        (_("Timeline"), {"fields": ["timeline", "deliveries"]}),
    ]

    @display(description=_("status"), label=_COLOURS, ordering="status")  # type: ignore[untyped-decorator]
    def status_label(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @admin.display(description=_("total"), ordering="total_minor")
    def shown_total(self, order: Order) -> str:
        return money_text(order.total)

    @admin.display(description=_("reason"))
    def refusal(self, order: Order) -> str:
        skus = order.reason_details.get("skus", [])
        return f"{order.reason} {', '.join(skus)}".strip() or "–"

    @admin.display(description=_("how it adds up"))
    def amounts(self, order: Order) -> SafeString:
        parts = (
            (_("items without tax"), order.lines_minor),
            (_("shipping without tax"), order.shipping_minor),
            (_("tax"), order.tax_minor),
            (_("discount"), -order.discount_minor),
            (_("total"), order.total_minor),
        )
        return format_html_join(
            "", "<div>{}: {}</div>",
            ((label, money_text(Money(minor, order.currency))) for label, minor in parts),
        )  # fmt: skip

    @admin.display(description=_("delivered to"))
    def delivery(self, order: Order) -> SafeString:
        address = order.ship_to
        town = f"{address.postcode} {address.city}".strip()
        parts = (
            address.name, address.company, address.line1, address.line2, town, address.region,
            address.country, address.phone,
        )  # fmt: skip
        return format_html_join("", "<div>{}</div>", ((part,) for part in parts if part))

    @admin.display(description=_("what happened"))
    def timeline(self, order: Order) -> SafeString:
        """The kept events about the order, in the order in which they happened."""
        events = selectors.list_timeline(order.pk)
        rows = ((f"{event.occurred_at:%d %b %Y %H:%M:%S}", event.type) for event in events)
        return format_html("<ol>{}</ol>", format_html_join("", "<li><time>{}</time> {}</li>", rows))

    @admin.display(description=_("deliveries"))
    def deliveries(self, order: Order) -> SafeString:
        """The way to what each downstream system has heard of the order."""
        address = reverse("admin:events_outboxmessage_changelist")
        words = gettext("What each system has heard")
        return format_html(
            '<a class="text-primary-600" href="{}?q={}">{}</a>', address, order.pk, words
        )

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[type[ReadOnlyInline]]:
        """Conflicts are rare: their table is shown where there are some."""
        has_conflicts = obj is not None and obj.conflicts.exists()
        return [OrderLineInline, *([PlacementConflictInline] if has_conflicts else [])]

    @admin.action(description=_("Approve the selected orders"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """The money of orders above the limit may be taken; it is, when the news is heard."""
        assert request.user.pk
        for order in queryset:
            try:
                services.approve_order(order_id=order.pk, actor_id=request.user.pk)
            except DomainError as error:
                self.message_user(request, f"{order}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%s is approved.") % order, messages.SUCCESS)

    @admin.action(description=_("Cancel the selected orders"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Stock is freed at once; money goes back when the news is heard."""
        for order in queryset:
            try:
                services.cancel_order(order_id=order.pk, actor_id=request.user.pk, reason="staff")
            except DomainError as error:
                self.message_user(request, f"{order}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%s is cancelled.") % order, messages.SUCCESS)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.approve_order")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_order")
