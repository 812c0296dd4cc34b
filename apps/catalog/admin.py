from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from treebeard.forms import movenodeform_factory
from unfold.admin import ModelAdmin, TabularInline

from apps.catalog import rules, selectors
from apps.catalog.errors import InvalidAttributes
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


class ProductForm(forms.ModelForm[Product]):
    """A product whose attributes are those that its type declares."""

    def clean(self) -> dict[str, Any]:
        """Judge the attributes against the chosen type, and name each one that does not fit."""
        fields = super().clean() or {}
        if {"product_type", "attributes"} <= fields.keys():
            declared = selectors.list_declared(fields["product_type"])
            try:
                rules.check_attributes(declared=declared, values=fields["attributes"])
            except InvalidAttributes as refusal:
                for code, message in refusal.details["errors"].items():
                    self.add_error("attributes", f"{code}: {message}" if code else message)
        return fields


class VariantForm(forms.ModelForm[Variant]):
    """A SKU is what prices, stock and past orders point at: it is given once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sku"].disabled = True


class VariantInline(TabularInline):
    model = Variant
    form = VariantForm
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
    form = ProductForm
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
    form = VariantForm
    list_display = ["sku", "product", "option_text", "weight_grams", "tax_class", "is_active"]
    list_filter = ["is_active", "tax_class"]
    list_select_related = ["product"]
    search_fields = ["sku", "barcode", "product__name"]
    autocomplete_fields = ["product"]
    show_full_result_count = False
    ordering = ["sku"]
