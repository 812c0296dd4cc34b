"""What is bought, and along what it differs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from apps.catalog import rules, selectors, services
from apps.catalog.errors import InvalidAttributes, InvalidGtin, InvalidOptions, InvalidSku
from apps.catalog.models import Option, OptionValue, Product, Variant
from apps.core.rules import searchable

# How the selects are called in which a product's options are chosen.
OPTION_FIELDS = tuple(f"option_{number}" for number in range(1, rules.MOST_OPTIONS + 1))
_ABOUT = (
    "gtin", "pack_amount", "pack_unit", "pack_pieces", "weight_grams", "tax_class", "is_active",
    "position",
)  # fmt: skip


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
    """A variant with a select for each option of its product.

    A SKU is what prices, stock and past orders point at: it is given once.
    """

    options: ClassVar[Sequence[Option]] = ()

    class Meta:
        field_classes = {"gtin": GtinField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who may only look has a form without fields.
        if self.instance.pk and "sku" in self.fields:
            self.fields["sku"].disabled = True
        for name in self._selects().values():
            values = dict(cast("Any", self.fields[name]).choices)
            kept = [value for value in self.instance.combination if value in values]
            self.initial.setdefault(name, kept[0] if kept else None)

    @property
    def chosen(self) -> dict[int, int]:
        """The id of the chosen value for the id of each option; what is missing is not there."""
        answers = getattr(self, "cleaned_data", {})
        return {
            option: answers[name] for option, name in self._selects().items() if answers.get(name)
        }

    def _selects(self) -> Mapping[int, str]:
        return {option.pk: _select_of(option) for option in self.options}

    def clean_sku(self) -> str:
        """The SKU in the form in which it is asked for. Raises ValidationError."""
        sku = searchable(self.cleaned_data["sku"])
        try:
            rules.check_sku(sku)
        except InvalidSku as refusal:
            raise forms.ValidationError(gettext(refusal.details["errors"]["sku"])) from refusal
        return sku


class LoneVariantForm(VariantForm):
    """A variant without its siblings beside it."""

    def clean(self) -> dict[str, Any] | None:
        """Refuse the combination of a sibling."""
        cleaned = super().clean()
        if not self.errors and (product := self.cleaned_data.get("product")):
            siblings = product.variants.exclude(pk=self.instance.pk).values_list("pk", flat=True)
            chosen = selectors.chosen_values(siblings)
            # Last, so that it is the one that repeats another.
            complain({**chosen, 0: self.chosen}, forms={0: self}, options=self.options)
        return cleaned


def variant_form(base: type[VariantForm], *, options: Sequence[Option]) -> type[VariantForm]:
    """The form of a variant of a product that varies along the options."""
    selects = {_select_of(option): _select(option) for option in options}
    return type("VariantForm", (base,), {**selects, "options": options})


def complain(
    chosen: Mapping[int, Mapping[int, int]],
    *,
    forms: Mapping[int, VariantForm],
    options: Sequence[Option],
) -> None:
    """Tell each form whose choices are not all made, or are those of another variant, beside its SKU."""
    try:
        rules.combine(options=[option.pk for option in options], chosen=chosen)
    except InvalidOptions as refusal:
        for key, message in refusal.details["errors"].items():
            if key in forms:
                forms[key].add_error(None, gettext(message))


def _select_of(option: Option) -> str:
    return f"value_of_{option.pk}"


def _select(option: Option) -> forms.TypedChoiceField:
    values = sorted(option.values.all(), key=lambda one: (one.position, one.pk))
    return forms.TypedChoiceField(
        label=option.name,
        choices=[("", "–"), *((one.pk, one.name) for one in values)],
        coerce=int,
        empty_value=None,
        error_messages={"required": _("Choose a value.")},
        widget=UnfoldAdminSelectWidget,
    )


class VariantFormSet(forms.BaseInlineFormSet[Variant, Product, VariantForm]):
    """The variants of a product, no two with the same combination."""

    def clean(self) -> None:
        """Refuse a combination that stands twice."""
        super().clean()
        left_out = {
            *self.deleted_forms,
            *(one for one in self.extra_forms if not one.has_changed()),
        }
        kept = [one for one in self.forms if one.is_valid() and one not in left_out]
        complain(
            {number: one.chosen for number, one in enumerate(kept)},
            forms=dict(enumerate(kept)),
            options=self.form.options,
        )
        _refuse_twins(kept)


def _refuse_twins(kept: Sequence[VariantForm]) -> None:
    """Refuse a GTIN that two of the forms have, however many noughts it begins with; GS1 General Specifications,
    section 3.3.2: the shorter ones are the longer ones with noughts in front.
    """
    seen: set[str] = set()
    for form in kept:
        gtin = (form.cleaned_data.get("gtin") or "").zfill(14)
        if gtin.strip("0") and gtin in seen:
            form.add_error("gtin", gettext("Another variant has this GTIN."))
        seen.add(gtin)


class RefusedMeanwhile(ModelAdmin):
    """A page whose answer may no longer fit, because of what somebody else saved meanwhile."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; a refusal at the last moment leads back to it, in words."""
        try:
            return cast("HttpResponse", super().changeform_view(request, *args, **kwargs))
        except (InvalidAttributes, InvalidOptions) as refusal:
            messages.error(request, gettext(str(refusal)))
            return HttpResponseRedirect(request.get_full_path())


class VariantInline(TabularInline):
    model = Variant
    formset = VariantFormSet
    extra = 0
    show_change_link = True
    readonly_fields = ["option_text"]
    ordering = ["position", "id"]

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Sequence[str]:
        """A select for each option; who may only look reads what was chosen."""
        selects = [_select_of(option) for option in options_in(request, obj)]
        if not self.has_change_permission(request, obj):
            selects = ["option_text"]
        return ["sku", *selects, *_ABOUT]

    def get_formset(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> Any:
        """The forms with selects for the options that are chosen for the product."""
        kwargs["form"] = variant_form(VariantForm, options=options_in(request, obj))
        return super().get_formset(request, obj, **kwargs)


def options_in(request: HttpRequest, product: Product | None) -> list[Option]:
    """The options that are being chosen for a product, or else those that it has."""
    if request.method != "POST":
        return selectors.list_options(product.pk if product else None)
    answers = [request.POST.get(name, "") for name in OPTION_FIELDS]
    return selectors.find_options([int(one) for one in answers if one.isdecimal()])


@admin.register(Variant)
class VariantAdmin(RefusedMeanwhile):
    list_display = ["sku", "product", "option_text", "weight_grams", "tax_class", "is_active"]
    list_filter = ["is_active", "tax_class"]
    list_select_related = ["product"]
    search_fields = ["sku", "gtin", "product__name"]
    autocomplete_fields = ["product"]
    readonly_fields = ["option_text"]
    show_full_result_count = False
    ordering = ["sku"]

    def get_fields(self, request: HttpRequest, obj: Variant | None = None) -> Sequence[str]:
        """A select for each option of the product; who may only look reads what was chosen."""
        selects = [_select_of(option) for option in self._options_in(request, obj)]
        if not self.has_change_permission(request, obj):
            selects = ["option_text"]
        return ["product", "sku", *selects, *_ABOUT]

    def get_form(
        self, request: HttpRequest, obj: Variant | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form with selects for the options of the chosen product."""
        options = self._options_in(request, obj)
        kwargs["form"] = variant_form(LoneVariantForm, options=options)
        return super().get_form(request, obj, change=change, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give the variant what was chosen."""
        super().save_related(request, form, formsets, change)
        services.set_options(
            product_id=form.instance.product_id,
            option_ids=[option.pk for option in form.options],
            chosen={form.instance.pk: form.chosen},
        )

    def _options_in(self, request: HttpRequest, variant: Variant | None) -> list[Option]:
        posted = request.POST.get("product", "")
        if posted.isdecimal():
            return selectors.list_options(int(posted))
        return selectors.list_options(variant.product_id if variant else None)


class OptionValueInline(TabularInline):
    model = OptionValue
    extra = 0
    fields = ["name", "code", "position"]
    prepopulated_fields = {"code": ["name"]}
    ordering = ["position", "id"]
    ordering_field = "position"


@admin.register(Option)
class OptionAdmin(ModelAdmin):
    """An option with its values, in the order in which shoppers see them."""

    list_display = ["name", "code", "position"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    ordering = ["position", "id"]
    inlines = [OptionValueInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let the variants say the new names."""
        super().save_related(request, form, formsets, change)
        services.refresh_option_texts(option_id=form.instance.pk)
