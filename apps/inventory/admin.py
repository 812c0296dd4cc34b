from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.inventory.models import Movement, Reservation, StockLevel


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """Levels are the sum of their movements, so they are moved by services, never typed over."""

    list_display = ["variant_id", "warehouse", "on_hand", "reserved", "backordered"]
    list_filter = ["warehouse"]
    search_fields = ["variant__sku"]
    list_select_related = ["warehouse"]
    ordering = ["variant_id", "warehouse"]


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["reference", "sku", "quantity", "created_at", "expires_at", "released_at"]
    list_filter = [("released_at", admin.EmptyFieldListFilter)]
    search_fields = ["=reference", "=sku"]
    ordering = ["-id"]


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "sku", "quantity", "reason", "reference"]
    list_filter = ["reason"]
    search_fields = ["=sku", "=reference"]
    ordering = ["-id"]
