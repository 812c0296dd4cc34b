from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.core.admin import Panel, Subject, panel
from apps.core.rules import round_money
from apps.core.selectors import money_text
from apps.pricing.models import Market, Price, TaxRate
from apps.pricing.rules import misfit_of
from apps.pricing.selectors import list_untaxable


@panel(of="product")
def show_prices(request: HttpRequest, subject: Subject) -> Panel | None:
    """What a product's variants cost, in every currency."""
    if not request.user.has_perm("pricing.view_price"):
        return None
    prices = Price.objects.filter(variant__product=int(subject.key)).order_by(
        "variant__sku", "currency"
    )
    by_sku: dict[str, list[str]] = {}
    for sku, amount, currency in prices.values_list("variant__sku", "amount", "currency"):
        shown = money_text(round_money(amount=amount, currency=currency))
        by_sku.setdefault(sku, []).append(shown)
    rows = [(sku, ", ".join(amounts)) for sku, amounts in by_sku.items()]
    return Panel(title=_("prices"), rows=rows, address=reverse("admin:pricing_price_changelist"))


class MarketForm(forms.ModelForm[Market]):
    """A market sells only where the shop knows the tax: no rate is never 0 %."""

    def clean_countries(self) -> list[str]:
        """The countries, each with a tax rate. Raises ValidationError, naming those without."""
        countries: list[str] = self.cleaned_data["countries"]
        if unknown := list_untaxable(countries):
            words = gettext("There is no tax rate for %s. Give one first, if only of 0 %%.")
            raise ValidationError(words % ", ".join(unknown))
        return countries

    def clean_languages(self) -> list[str]:
        """The languages, each once. Raises ValidationError, naming what is no language."""
        languages: list[str] = [one.strip() for one in self.cleaned_data["languages"]]
        if unknown := [one for one in languages if one not in LANG_INFO]:
            words = gettext(
                "%s is no language. Give its tag in small letters, as in en, de, pt-br."
            )
            raise ValidationError(words % ", ".join(unknown))
        return list(dict.fromkeys(languages))

    def clean(self) -> dict[str, Any]:
        """Refuse an address form that begins with a country to which nothing is delivered."""
        fields = super().clean() or {}
        first = fields.get("default_country")
        if first and first not in fields.get("countries", [first]):
            self.add_error("default_country", gettext("It is none of the market's countries."))
        return fields


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
        """The ranges as typed. Raises ValidationError, naming the first that is none."""
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
