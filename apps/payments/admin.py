from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin, ReadOnlyInline
from apps.payments.models import Payment, Transaction


class TransactionInline(ReadOnlyInline):
    model = Transaction
    fields = [
        "kind",
        "outcome",
        "amount_minor",
        "currency",
        "gateway_reference",
        "reason",
        "created_at",
    ]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """The ledger of an order's money; it is changed by the pipeline only."""

    list_display = [
        "reference",
        "gateway",
        "amount",
        "captured_minor",
        "refunded_minor",
        "created_at",
    ]
    list_filter = ["gateway", "currency"]
    search_fields = ["=reference", "=id", "gateway_reference"]
    ordering = ["-created_at"]
    exclude = ["token"]
    inlines = [TransactionInline]


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "outcome", "amount_minor", "currency", "payment"]
    list_filter = ["kind", "outcome", "currency"]
    search_fields = ["=idempotency_key", "gateway_reference"]
    list_select_related = ["payment"]
    ordering = ["-id"]
