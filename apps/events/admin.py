from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.events.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries; filter on those not delivered to see what is stuck and why."""

    list_display = ["message", "target", "attempts", "due_at", "delivered_at", "last_error"]
    list_filter = [("delivered_at", admin.EmptyFieldListFilter)]
    search_fields = ["=target"]
    list_select_related = ["message"]
    ordering = ["-id"]
