from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from apps.shipping.models import Method, Rate, Zone


class MethodInline(TabularInline):
    model = Method
    extra = 0
    show_change_link = True


class RateInline(TabularInline):
    model = Rate
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
    list_display = ["method", "currency", "max_weight_grams", "min_amount_minor", "price_minor"]
    list_filter = ["currency", "method__zone"]
    list_select_related = ["method__zone"]
