from django.contrib import admin

from apps.cart.models import Cart, CartLine
from apps.core.admin import ReadOnlyAdmin, ReadOnlyInline


class CartLineInline(ReadOnlyInline):
    model = CartLine
    fields = ["variant", "quantity"]


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """Carts are the shoppers' own; staff look to help on the phone."""

    list_display = ["id", "customer", "status", "version", "updated_at"]
    list_filter = ["status"]
    search_fields = ["=id", "customer__email"]
    list_select_related = ["customer"]
    ordering = ["-updated_at"]
    exclude = ["holder_digest"]
    inlines = [CartLineInline]
