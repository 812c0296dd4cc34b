from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from apps.pricing.models import Market, Price, TaxRate
from apps.pricing.rules import misfit_of
from apps.pricing.selectors import list_untaxable


class MarketForm(forms.ModelForm[Market]):
    """A market sells only where the shop knows the tax: no rate is never 0 %."""

    def clean_countries(self) -> list[str]:
        countries: list[str] = self.cleaned_data["countries"]
        if unknown := list_untaxable(countries):
            words = gettext("There is no tax rate for %s. Give one first, if only of 0 %%.")
            raise ValidationError(words % ", ".join(unknown))
        return countries


@admin.register(Market)
class MarketAdmin(ModelAdmin):
    form = MarketForm
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


class TaxRateForm(forms.ModelForm[TaxRate]):
    """A range of postcodes that names nothing would let the country's rate hold, without a word."""

    def clean_postcodes(self) -> str:
        postcodes: str = self.cleaned_data["postcodes"]
        if misfit := misfit_of(postcodes):
            words = gettext("%s is no range: both ends have as many characters, the smaller first.")
            raise ValidationError(words % misfit)
        return postcodes


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    form = TaxRateForm
    list_display = ["country", "region", "postcodes", "tax_class", "rate"]
    list_filter = ["tax_class"]
    search_fields = ["country"]
    ordering = ["country", "tax_class", "region", "postcodes"]
