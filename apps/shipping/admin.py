from django.contrib import admin
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from apps.core.admin import (
    MajorUnits,
    MajorUnitsForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    finder,
    lists,
    money_column,
    tell_events,
)
from apps.orders.selectors import reason_words
from apps.shipping.models import (
    FulfilmentCallback,
    Method,
    Rate,
    Shipment,
    ShipmentLine,
    Zone,
)

tell_events(
    {
        "shipping.shipment.requested.v1": _("shipment handed to the packers"),
        "shipping.shipment.withdrawn.v1": _("shipment withdrawn"),
        "shipping.shipment.shipped.v1": _("shipment sent"),
        "shipping.shipment.delivered.v1": _("shipment delivered"),
        "shipping.shipment.failed.v1": _("shipment failed"),
        "shipping.shipment.overdue.v1": _("shipment overdue"),
    }
)
lists(of="order", model=Shipment, title=_("shipments"))
_COLOURS = {
    "waiting": "warning",
    "requested": "info",
    "accepted": "info",
    "picked": "info",
    "shipped": "info",
    "delivered": "success",
    "failed": "danger",
    "overdue": "danger",
    "withdrawn": "danger",
}
_VERDICTS = {"applied": "success", "ignored": "info", "late": "warning", "conflict": "danger"}


class MethodInline(TabularInline):
    model = Method
    extra = 0
    show_change_link = True


class RateForm(MajorUnitsForm):
    """What a method costs, typed in pounds or euros."""

    amounts = {"min_amount": "min_amount_minor", "price": "price_minor"}
    min_amount = MajorUnits(label=capfirst(_("from order amount")), min_value=0, initial=0)
    price = MajorUnits(label=capfirst(_("price")), min_value=0)

    class Meta:
        model = Rate
        fields = ["method", "currency", "max_weight_grams"]


class RateInline(TabularInline):
    model = Rate
    form = RateForm
    fields = ["currency", "max_weight_grams", "min_amount", "price"]
    extra = 0


@admin.register(Zone)
class ZoneAdmin(ModelAdmin):
    list_display = ["name", "countries"]
    inlines = [MethodInline]


@admin.register(Method)
class MethodAdmin(ModelAdmin):
    list_display = ["name", "zone", "promise"]
    list_select_related = ["zone"]
    list_filter = ["zone"]
    inlines = [RateInline]


@admin.register(Rate)
class RateAdmin(ModelAdmin):
    form = RateForm
    fields = ["method", "currency", "max_weight_grams", "min_amount", "price"]
    list_display = ["method", "max_weight_grams", "shown_min_amount", "shown_price"]
    list_filter = ["currency", "method__zone"]
    list_select_related = ["method__zone"]
    shown_min_amount = money_column("min_amount_minor", label=_("from order amount"))
    shown_price = money_column("price_minor", label=_("price"))


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    fields = ["order_line", "quantity"]


class FulfilmentCallbackInline(ReadOnlyInline):
    model = FulfilmentCallback
    fields = ["status", "verdict", "occurred_at", "received_at"]
    ordering = ["received_at"]


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    """Where each parcel is; fulfilment's callbacks move it, and its due date gives it up."""

    list_display = [
        "number", "order", "status_label", "warehouse", "requested_at", "due_at", "shipped_at",
        "delivered_at",
    ]  # fmt: skip
    list_filter = ["created_at", "status", "warehouse"]
    list_select_related = ["order"]
    search_fields = ["=number", "=order__number", "=order__email", "=tracking_number"]
    search_help_text = _("A whole parcel number, order number, e-mail address or tracking number")
    ordering = ["-created_at"]
    inlines = [ShipmentLineInline, FulfilmentCallbackInline]
    fields = [
        "number", "order", "status", "shown_reason", "warehouse", "carrier", "tracking_number",
        "tracking_url", "created_at", "requested_at", "due_at", "shipped_at", "delivered_at",
    ]  # fmt: skip

    @admin.display(description=_("reason"))
    def shown_reason(self, shipment: Shipment) -> str:
        """Why the parcel was given up or withdrawn; a dash where it was not."""
        return reason_words(shipment.reason) or "–"

    @display(description=_("status"), label=_COLOURS, ordering="status")  # type: ignore[untyped-decorator]
    def status_label(self, shipment: Shipment) -> tuple[str, str]:
        """Where the parcel is, as a coloured label."""
        return shipment.status, shipment.get_status_display()


@admin.register(FulfilmentCallback)
class FulfilmentCallbackAdmin(ReadOnlyAdmin):
    """What fulfilment told; conflicts are goods that left for an order that was cancelled."""

    list_display = ["received_at", "shipment", "status", "verdict_label", "occurred_at"]
    list_filter = ["received_at", "verdict", "status"]
    list_select_related = ["shipment"]
    search_fields = ["=shipment__number", "=shipment__order__number", "=id"]
    search_help_text = _("A whole parcel number, order number or id of a message")
    ordering = ["-received_at"]

    @display(description=_("outcome"), label=_VERDICTS, ordering="verdict")  # type: ignore[untyped-decorator]
    def verdict_label(self, callback: FulfilmentCallback) -> tuple[str, str]:
        """What became of the callback, as a coloured label."""
        return callback.verdict, callback.get_verdict_display()


@finder(of="order")
def _what_left(words: str) -> list[str]:
    """Under which references the stock ledger has the shipments of the orders with this number or e-mail."""
    named = Q(shipment__order__number=words.upper()) | Q(shipment__order__email__iexact=words)
    lines = ShipmentLine.objects.filter(named | Q(shipment__number=words.upper()))
    rows = lines.values_list("shipment", "order_line__sku")[:200]
    return [reference for pk, sku in rows for reference in (str(pk), f"{pk}:{sku}")]
