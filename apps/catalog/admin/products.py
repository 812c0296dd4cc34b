"""What shoppers read about, on one page with its variants and pictures."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from apps.catalog import rules, selectors, services
from apps.catalog.admin.pictures import state_of
from apps.catalog.admin.variants import OPTION_FIELDS, VariantForm, VariantInline
from apps.catalog.errors import InvalidAttributes, InvalidOptions
from apps.catalog.models import Option, Product, ProductImage
from apps.core.admin import PanelledAdmin, UploadForm

_ABOUT = (
    "product_type", "name", "slug", "brand", "category", "state", "summary", "description",
    "attributes", "position",
)  # fmt: skip


def _option_select(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, required=False, coerce=int, empty_value=None, widget=UnfoldAdminSelectWidget
    )


class ProductForm(forms.ModelForm[Product]):
    """A product with the options that it varies along, whose attributes its type declares."""

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

    @property
    def option_ids(self) -> list[int]:
        """The ids of the options that were chosen, in their order."""
        return [one for name in OPTION_FIELDS if (one := self.cleaned_data.get(name))]

    def clean(self) -> dict[str, Any]:
        """Refuse an option twice, and name each attribute that does not fit the chosen type."""
        fields = super().clean() or {}
        if len(set(self.option_ids)) < len(self.option_ids):
            self.add_error("option_2", gettext("A product varies along an option once."))
        if {"product_type", "attributes"} <= fields.keys():
            declared = selectors.list_declared(fields["product_type"])
            try:
                rules.check_attributes(declared=declared, values=fields["attributes"])
            except InvalidAttributes as refusal:
                for code, message in refusal.details["errors"].items():
                    self.add_error("attributes", f"{code}: {message}" if code else message)
        return fields


class ProductImageInline(TabularInline):
    model = ProductImage
    form = UploadForm
    extra = 0
    readonly_fields = ["renditions"]

    @admin.display(description=_("renditions"))
    def renditions(self, image: ProductImage) -> str:
        """The widths that a worker made of the picture, or why it made none."""
        return state_of(image.image.name)


@admin.register(Product)
class ProductAdmin(PanelledAdmin):
    """A product with its variants; those need no page of their own to get their options."""

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
    readonly_fields = ["varies_along"]

    @admin.display(description=_("variants differ in"))
    def varies_along(self, product: Product) -> str:
        """The options of the product, for who may only look."""
        return ", ".join(option.name for option in selectors.list_options(product.pk))

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """The product, and below it what makes its variants."""
        may_edit = self.has_change_permission(request, obj)
        options = {
            "fields": list(OPTION_FIELDS) if may_edit else ["varies_along"],
            "description": _(
                "Save after choosing, and each variant below asks for its values of these options."
            ),
        }
        return [(None, {"fields": _ABOUT}), (_("Options"), options)]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; what somebody else saved meanwhile may refuse the options."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except InvalidOptions as refusal:
            messages.error(request, gettext(str(refusal)))
            return HttpResponseRedirect(request.get_full_path())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give all variants the values that were chosen, at once."""
        super().save_related(request, form, formsets, change)
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
