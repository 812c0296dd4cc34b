from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin, ReadOnlyInline
from apps.refunds.models import Refund, RefundLine


class RefundLineInline(ReadOnlyInline):
    model = RefundLine
    fields = ["sku", "quantity", "amount_minor", "currency"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """The ledger of what went back; a refund without an order is a credit that stands alone."""

    list_display = ["created_at", "order", "party", "amount", "reason"]
    list_filter = [("order", admin.EmptyFieldListFilter), "currency"]
    list_select_related = ["order"]
    search_fields = ["=reference", "order__number", "party"]
    ordering = ["-created_at"]
    inlines = [RefundLineInline]
