from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from treebeard.forms import MoveNodeForm, movenodeform_factory
from unfold.admin import ModelAdmin, TabularInline

from apps.catalog import rules, selectors
from apps.catalog.errors import InvalidAttributes, InvalidGtin, InvalidSku
from apps.catalog.models import (
    Attribute,
    Brand,
    Category,
    Picture,
    Product,
    ProductImage,
    ProductType,
    Variant,
)
from apps.core.admin import PanelledAdmin, UploadForm
from apps.core.rules import searchable


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


class GtinField(forms.CharField):
    """A GTIN, which may be typed with the spaces that are printed in it."""

    def to_python(self, value: Any) -> str:
        """The digits alone."""
        return "".join((super().to_python(value) or "").split())

    def validate(self, value: str) -> None:
        """Judge the number. Raises ValidationError."""
        super().validate(value)
        try:
            if value:
                rules.check_gtin(value)
        except InvalidGtin as refusal:
            raise forms.ValidationError(gettext(refusal.details["errors"]["gtin"])) from refusal

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No limit in the browser, which would count the spaces."""
        return {**super().widget_attrs(widget), "maxlength": None, "inputmode": "numeric"}


class VariantForm(forms.ModelForm[Variant]):
    """A SKU is what prices, stock and past orders point at: it is given once."""

    class Meta:
        field_classes = {"gtin": GtinField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who may only look has a form without fields.
        if self.instance.pk and "sku" in self.fields:
            self.fields["sku"].disabled = True

    def clean_sku(self) -> str:
        """The SKU in the form in which it is asked for. Raises ValidationError."""
        sku = searchable(self.cleaned_data["sku"])
        try:
            rules.check_sku(sku)
        except InvalidSku as refusal:
            raise forms.ValidationError(gettext(refusal.details["errors"]["sku"])) from refusal
        return sku


class VariantInline(TabularInline):
    model = Variant
    form = VariantForm
    extra = 0
    show_change_link = True


def state_of(name: str | None) -> str:
    """What has become of an uploaded file, in words for staff."""
    picture = selectors.find_picture(name) if name else None
    if picture is None:
        return gettext("not looked at yet") if name else ""
    return result_of(picture)


def result_of(picture: Picture) -> str:
    """The widths that a worker made, or why it made none."""
    if picture.refusal:
        return gettext("Cannot be shown in other sizes: %(why)s") % {
            "why": gettext(picture.refusal)
        }
    return gettext("%(widths)s pixels wide") % {"widths": ", ".join(map(str, picture.widths))}


class CategoryForm(UploadForm, MoveNodeForm):
    """A shelf, its picture, and where in the tree it stands."""


class ProductImageInline(TabularInline):
    model = ProductImage
    form = UploadForm
    extra = 0
    readonly_fields = ["renditions"]

    @admin.display(description=_("renditions"))
    def renditions(self, image: ProductImage) -> str:
        """The widths that a worker made of the picture, or why it made none."""
        return state_of(image.image.name)


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    """The tree in reading order; the form moves a category."""

    form = movenodeform_factory(Category, form=CategoryForm)
    list_display = ["indented", "slug"]
    search_fields = ["name"]
    readonly_fields = ["renditions"]
    ordering = ["path"]

    @admin.display(description=_("name"))
    def indented(self, category: Category) -> str:
        """The name, the deeper in the tree the farther to the right."""
        return format_html("{}{}", "\N{NO-BREAK SPACE}" * 4 * (category.depth - 1), category.name)

    @admin.display(description=_("renditions"))
    def renditions(self, category: Category) -> str:
        """The widths that a worker made of the shelf's picture, or why it made none."""
        return state_of(category.picture.name)


class RefusedFilter(admin.SimpleListFilter):
    """Which pictures need another file."""

    title = _("result")
    parameter_name = "refused"

    def lookups(self, *_args: Any) -> list[tuple[str, Any]]:
        return [("yes", _("cannot be read")), ("no", _("rendered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        if self.value() == "yes":
            return queryset.exclude(refusal="")
        return queryset.filter(refusal="") if self.value() == "no" else queryset


@admin.register(Picture)
class PictureAdmin(ModelAdmin):
    """What the worker made of each uploaded file; nothing of it is edited."""

    list_display = ["name", "result", "width", "height", "read_at"]
    list_filter = [RefusedFilter]
    search_fields = ["name"]
    ordering = ["-read_at"]
    show_full_result_count = False

    @admin.display(description=_("result"))
    def result(self, picture: Picture) -> str:
        """The widths that a worker made of the file, or why it made none."""
        return result_of(picture)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        return False


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
class ProductAdmin(PanelledAdmin):
    form = ProductForm
    subject_kind = "product"
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
    search_fields = ["sku", "gtin", "product__name"]
    autocomplete_fields = ["product"]
    show_full_result_count = False
    ordering = ["sku"]
