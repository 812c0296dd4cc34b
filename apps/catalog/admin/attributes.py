"""What is told of products, by their type."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from apps.catalog.models import Attribute, ProductType


class AttributeInline(TabularInline):
    model = Attribute
    extra = 0


@admin.register(ProductType)
class ProductTypeAdmin(ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["name"]
    inlines = [AttributeInline]
