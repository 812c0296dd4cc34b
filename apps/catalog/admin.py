from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from treebeard.forms import movenodeform_factory
from unfold.admin import ModelAdmin, TabularInline

from apps.catalog.models import (
    Attribute,
    Brand,
    Category,
    Product,
    ProductImage,
    ProductType,
    Variant,
)


class AttributeInline(TabularInline):
    model = Attribute
    extra = 0


class VariantInline(TabularInline):
    model = Variant
    extra = 0
    show_change_link = True


class ProductImageInline(TabularInline):
    model = ProductImage
    extra = 0


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    """The tree in reading order; the form moves a category."""

    form = movenodeform_factory(Category)
    list_display = ["indented", "slug"]
    search_fields = ["name"]
    ordering = ["path"]

    @admin.display(description=_("name"))
    def indented(self, category: Category) -> str:
        return format_html("{}{}", "\N{NO-BREAK SPACE}" * 4 * (category.depth - 1), category.name)


@admin.register(Brand)
class BrandAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(ProductType)
class ProductTypeAdmin(ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["name"]
    inlines = [AttributeInline]


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ["name", "category", "brand", "state", "position"]
    list_filter = ["state", "category", "product_type"]
    list_select_related = ["category", "brand"]
    search_fields = ["name", "slug", "variants__sku"]
    autocomplete_fields = ["category", "brand", "product_type"]
    prepopulated_fields = {"slug": ["name"]}
    show_full_result_count = False
    ordering = ["position", "id"]
    inlines = [VariantInline, ProductImageInline]


@admin.register(Variant)
class VariantAdmin(ModelAdmin):
    list_display = ["sku", "product", "option_text", "weight_grams", "tax_class", "is_active"]
    list_filter = ["is_active", "tax_class"]
    list_select_related = ["product"]
    search_fields = ["sku", "barcode", "product__name"]
    autocomplete_fields = ["product"]
    show_full_result_count = False
    ordering = ["sku"]

    def get_readonly_fields(self, request: HttpRequest, obj: Variant | None = None) -> list[str]:
        """A SKU is what prices, stock and past orders point at: it is given once."""
        return ["sku"] if obj else []
