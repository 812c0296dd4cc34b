from django.contrib import admin
from unfold.admin import ModelAdmin

from apps.pricing.models import Market, Price, TaxRate


@admin.register(Market)
class MarketAdmin(ModelAdmin):
    list_display = ["name", "code", "currency", "tax_included"]
    ordering = ["position", "code"]


@admin.register(Price)
class PriceAdmin(ModelAdmin):
    list_display = ["variant", "currency", "amount"]
    list_editable = ["amount"]
    list_filter = ["currency"]
    list_select_related = ["variant"]
    search_fields = ["variant__sku", "variant__product__name"]
    autocomplete_fields = ["variant"]
    show_full_result_count = False
    ordering = ["variant", "currency"]


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    list_display = ["country", "tax_class", "rate"]
    list_filter = ["tax_class"]
    search_fields = ["country"]
    ordering = ["country", "tax_class"]
