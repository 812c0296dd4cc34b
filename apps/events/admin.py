from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin, ReadOnlyInline
from apps.events.models import Delivery, OutboxMessage


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ["target", "attempts", "due_at", "delivered_at", "last_error"]


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """What was announced, and to whom it got through."""

    list_display = ["type", "subject", "occurred_at", "fanned_out_at"]
    list_filter = ["type"]
    search_fields = ["=subject", "=id"]
    ordering = ["-id"]
    inlines = [DeliveryInline]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries; filter on those not delivered to see what is stuck and why."""

    list_display = ["message", "target", "attempts", "due_at", "delivered_at", "last_error"]
    list_filter = ["target", ("delivered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["message"]
    ordering = ["-id"]
