"""What shoppers read about, on one page with its variants, pictures and documents."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from apps.catalog import selectors, services
from apps.catalog.admin.attributes import attribute_field, field_name
from apps.catalog.admin.pictures import state_of
from apps.catalog.admin.variants import (
    OPTION_FIELDS,
    RefusedMeanwhile,
    VariantForm,
    VariantInline,
)
from apps.catalog.models import (
    Option,
    Product,
    ProductAttribute,
    ProductDocument,
    ProductImage,
    ProductType,
)
from apps.catalog.types import DeclaredAttribute
from apps.core.admin import PanelledAdmin, UploadForm

_ABOUT = (
    "product_type", "name", "slug", "brand", "category", "state", "summary", "description",
    "position", "tags",
)  # fmt: skip
_PDF = b"%PDF-"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,4})*")


def _option_select(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, required=False, coerce=int, empty_value=None, widget=UnfoldAdminSelectWidget
    )


class ProductForm(forms.ModelForm[Product]):
    """A product with the options that it varies along, and a field for each attribute of its type."""

    declared: ClassVar[Sequence[DeclaredAttribute]] = ()
    option_1 = _option_select(_("variants differ in"))
    option_2 = _option_select(_("then in"))
    option_3 = _option_select(_("then also in"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *Option.objects.order_by("position", "id").values_list("pk", "name")]
        kept = selectors.list_options(self.instance.pk)
        for number, name in enumerate(OPTION_FIELDS):
            cast("Any", self.fields[name]).choices = choices
            self.initial.setdefault(name, kept[number].pk if number < len(kept) else None)
        for told in selectors.list_attributes(self.instance.pk):
            self.initial.setdefault(field_name(told.attribute.code), _as_typed(told))

    @property
    def option_ids(self) -> list[int]:
        """The ids of the options that were chosen, in their order."""
        return [one for name in OPTION_FIELDS if (one := self.cleaned_data.get(name))]

    @property
    def attribute_values(self) -> dict[str, object]:
        """What is told of the product, by the codes of its attributes."""
        answers = {one.code: self.cleaned_data.get(field_name(one.code)) for one in self.declared}
        return {code: answer for code, answer in answers.items() if answer is not None}

    def clean(self) -> dict[str, Any]:
        """Refuse an option twice."""
        fields = super().clean() or {}
        if len(set(self.option_ids)) < len(self.option_ids):
            self.add_error("option_2", gettext("A product varies along an option once."))
        return fields


def _as_typed(told: ProductAttribute) -> object:
    return told.choice.code if told.choice else told.text or told.value


def product_form(declared: Sequence[DeclaredAttribute]) -> type[ProductForm]:
    """The form of a product whose type declares these attributes."""
    fields = {field_name(one.code): attribute_field(one) for one in declared}
    return type("ProductForm", (ProductForm,), {**fields, "declared": declared})


def _may_choose(request: HttpRequest) -> bool:
    """Whether somebody may say along what the variants differ: who gives each its value, too."""
    return request.user.has_perms(["catalog.change_product", "catalog.change_variant"])


class TypeForm(forms.Form):
    """The question before a new product's page."""

    product_type = forms.ModelChoiceField(
        ProductType.objects.order_by("name"),
        label=_("product type"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
        help_text=_("It says what is told of the product."),
    )


class ProductImageInline(TabularInline):
    model = ProductImage
    form = UploadForm
    extra = 0
    readonly_fields = ["renditions"]

    @admin.display(description=_("renditions"))
    def renditions(self, image: ProductImage) -> str:
        """The widths that a worker made of the picture, or why it made none."""
        return state_of(image.image.name)


class DocumentForm(UploadForm):
    """A paper about a product: a PDF in one of the shop's or any other language."""

    def clean_file(self) -> Any:
        """The file, whose size is noted. Raises ValidationError unless it is a PDF by name and content."""
        file = self.cleaned_data["file"]
        if "file" in self.changed_data:
            begins_well = file.read(len(_PDF)) == _PDF
            file.seek(0)
            if not (begins_well and file.name.lower().endswith(".pdf")):
                raise forms.ValidationError(gettext("This is not a PDF."))
            self.instance.size = file.size
        return file

    def clean_language(self) -> str:
        """The code. Raises ValidationError for what is none (BCP 47)."""
        language = str(self.cleaned_data["language"])
        if not _LANGUAGE.fullmatch(language):
            raise forms.ValidationError(gettext("A language has a code, as in en or de-CH."))
        return language


class ProductDocumentInline(TabularInline):
    model = ProductDocument
    form = DocumentForm
    extra = 0
    fields = ["kind", "title", "language", "file", "position"]
    ordering = ["position", "id"]


@admin.register(Product)
class ProductAdmin(RefusedMeanwhile, PanelledAdmin):
    """A product with its variants; those need no page of their own to get their options."""

    form = ProductForm
    subject_kind = "product"
    list_display = ["name", "category", "brand", "state", "position"]
    list_filter = ["state", "category", "product_type"]
    list_select_related = ["category", "brand"]
    search_fields = ["name", "slug", "variants__sku"]
    autocomplete_fields = ["category", "brand", "product_type", "tags"]
    prepopulated_fields = {"slug": ["name"]}
    show_full_result_count = False
    ordering = ["position", "id"]
    inlines = [VariantInline, ProductImageInline, ProductDocumentInline]
    readonly_fields = ["varies_along", "told"]

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["catalog/css/variants.css"]}

    @admin.display(description=_("attributes"))
    def told(self, product: Product) -> SafeString:
        """What is told of the product, for who may only look."""
        rows = selectors.list_attributes(product.pk)
        return format_html_join(
            "",
            "<div>{}: {} {}</div>",
            ((one.attribute.name, one.value, one.attribute.unit) for one in rows),
        )

    @admin.display(description=_("variants differ in"))
    def varies_along(self, product: Product) -> str:
        """The options of the product, for who may only look."""
        return ", ".join(option.name for option in selectors.list_options(product.pk))

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """The product, then what is told of it, and what makes its variants."""
        may_edit = self.has_change_permission(request, obj)
        declared = [field_name(one.code) for one in self._declared(request, obj)]
        attributes = {"fields": declared if may_edit else ["told"]}
        options = {
            "fields": list(OPTION_FIELDS) if _may_choose(request) else ["varies_along"],
            "description": _(
                "Save after choosing, and each variant below asks for its values of these options."
            ),
        }
        return [
            (None, {"fields": _ABOUT}),
            *([(_("Attributes"), attributes)] if declared else []),
            (_("Options"), options),
        ]

    def get_form(
        self, request: HttpRequest, obj: Product | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form with a field for each attribute of the chosen type."""
        kwargs["form"] = product_form(self._declared(request, obj))
        return super().get_form(request, obj, change=change, **kwargs)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for the type first: it says which fields there are."""
        if request.method == "GET" and not TypeForm(request.GET).is_valid():
            return TemplateResponse(request, "core/ask.html", self._question(request))
        answer: HttpResponse = super().add_view(request, *args, **kwargs)
        return answer

    def _question(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What kind of product is it?"),
            "button": _("Go on"),
            "form": TypeForm(),
            "method": "get",
            "hidden": [
                (name, value) for name, value in request.GET.items() if name != "product_type"
            ],
        }

    def _declared(self, request: HttpRequest, product: Product | None) -> list[DeclaredAttribute]:
        sent = request.POST if request.method == "POST" else request.GET
        chosen = sent.get("product_type", "")
        if chosen.isdecimal():
            return selectors.list_declared(int(chosen))
        return selectors.list_declared(product.product_type_id if product else None)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Say that another type asks for other attributes."""
        super().save_model(request, obj, form, change)
        if change and "product_type" in form.changed_data:
            messages.warning(
                request, gettext("The type has changed: fill in what it tells of the product.")
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Tell what was typed, and give all variants the values that were chosen, at once."""
        super().save_related(request, form, formsets, change)
        services.set_attributes(product_id=form.instance.pk, values=form.attribute_values)
        if not _may_choose(request):
            return
        variants = [
            one
            for formset in formsets
            for one in formset.forms
            if isinstance(one, VariantForm) and one.instance.pk
        ]
        services.set_options(
            product_id=form.instance.pk,
            option_ids=form.option_ids,
            chosen={one.instance.pk: one.chosen for one in variants},
        )
