"""What is told of products, by their type, and the fields in which staff tell it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.catalog import rules
from apps.catalog.models import Attribute, AttributeChoice, ProductType
from apps.catalog.types import AttributeKind, DeclaredAttribute


def field_name(code: str) -> str:
    """How the field of an attribute is called on a product's page."""
    return f"attribute_{code}"


def attribute_field(declared: DeclaredAttribute) -> forms.Field:
    """The field of an attribute, by its kind; empty, it says nothing."""
    label = f"{declared.name} ({declared.unit})" if declared.unit else declared.name
    return _MAKERS[declared.kind](declared, {"label": label, "required": False})


def _choice(options: Sequence[tuple[Any, Any]], told: dict[str, Any]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=[("", "–"), *options],
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
        **told,
    )


_MAKERS: Mapping[AttributeKind, Callable[[DeclaredAttribute, dict[str, Any]], forms.Field]] = {
    AttributeKind.TEXT: lambda _declared, told: forms.CharField(
        max_length=rules.LONGEST_TEXT, empty_value=None, widget=UnfoldAdminTextInputWidget, **told
    ),
    AttributeKind.INTEGER: lambda _declared, told: forms.IntegerField(
        min_value=-rules.MOST_NUMBER,
        max_value=rules.MOST_NUMBER,
        widget=UnfoldAdminIntegerFieldWidget,
        **told,
    ),
    AttributeKind.DECIMAL: lambda _declared, told: forms.DecimalField(
        min_value=-rules.MOST_NUMBER,
        max_value=rules.MOST_NUMBER,
        max_digits=20,
        decimal_places=rules.PLACES,
        widget=UnfoldAdminDecimalFieldWidget,
        **told,
    ),
    AttributeKind.BOOLEAN: lambda _declared, told: _choice(
        [("True", _("yes")), ("False", _("no"))],
        {**told, "coerce": lambda answer: answer == "True"},
    ),
    AttributeKind.CHOICE: lambda declared, told: _choice([*declared.choices.items()], told),
}


class AttributeForm(forms.ModelForm[Attribute]):
    """An attribute, of one kind and type for good: what is told of products is of that kind, by their type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who may only look has a form without fields.
        if self.instance.pk:
            for name in {"kind", "product_type"} & self.fields.keys():
                self.fields[name].disabled = True


class AttributeInline(TabularInline):
    model = Attribute
    form = AttributeForm
    extra = 0
    fields = ["name", "code", "kind", "unit", "is_facet", "position", "offered"]
    readonly_fields = ["offered"]
    prepopulated_fields = {"code": ["name"]}
    ordering = ["position", "id"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attribute]:
        """The attributes with what can be chosen of each, in two queries."""
        choices = AttributeChoice.objects.order_by("position", "id")
        found: QuerySet[Attribute] = super().get_queryset(request)
        return found.prefetch_related(Prefetch("choices", choices))

    @admin.display(description=_("choices"))
    def offered(self, attribute: Attribute) -> str:
        """What can be chosen; a page of its own is where that is edited."""
        names = [one.name for one in attribute.choices.all()]
        if attribute.kind == AttributeKind.CHOICE and not names:
            return gettext("none yet: save, then open the attribute")
        return ", ".join(names)


class AttributeChoiceInline(TabularInline):
    model = AttributeChoice
    extra = 0
    fields = ["name", "code", "position"]
    prepopulated_fields = {"code": ["name"]}
    ordering = ["position", "id"]
    ordering_field = "position"


@admin.register(Attribute)
class AttributeAdmin(ModelAdmin):
    """One attribute, with what can be chosen of it."""

    form = AttributeForm
    list_display = ["name", "product_type", "kind", "unit", "is_facet"]
    list_filter = ["product_type", "kind", "is_facet"]
    list_select_related = ["product_type"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["product_type"]
    prepopulated_fields = {"code": ["name"]}
    ordering = ["product_type", "position", "id"]
    inlines = [AttributeChoiceInline]


@admin.register(ProductType)
class ProductTypeAdmin(ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["name"]
    inlines = [AttributeInline]
