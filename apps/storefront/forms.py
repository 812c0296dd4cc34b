"""What shoppers type in."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.accounts.errors import InvalidAddress
from apps.accounts.services import normalise_address
from apps.core.types import Address

_AUTOCOMPLETE = {
    "email": "email",
    "name": "name",
    "company": "organization",
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "region": "address-level1",
    "postcode": "postal-code",
    "country": "country",
    "phone": "tel",
}


class AddressForm(forms.Form):
    """An address in one of the market's countries, checked by that country's own rules."""

    name = forms.CharField(label=_("Full name"), max_length=150)
    company = forms.CharField(label=_("Company"), max_length=150, required=False)
    line1 = forms.CharField(label=_("Street and number"), max_length=200)
    line2 = forms.CharField(label=_("Flat, floor, building"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("Town or city"), max_length=100, required=False)
    region = forms.CharField(label=_("State or county"), max_length=100, required=False)
    country = forms.ChoiceField(label=_("Country"))
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        help_text=_("Only for questions about the delivery."),
    )

    def __init__(self, *args: Any, country_codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted((countries.name(code), code) for code in country_codes)
        self.fields["country"].choices = [(code, name) for name, code in named]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if token := _AUTOCOMPLETE.get(name):
                field.widget.attrs["autocomplete"] = token

    def clean(self) -> dict[str, Any]:
        """Judge the address as a whole, and put each complaint beside its field."""
        fields = super().clean() or {}
        given = Address(**{name: fields.get(name, "") for name in Address.__struct_fields__})
        try:
            fields["address"] = normalise_address(given)
        except InvalidAddress as error:
            for name, message in error.details["errors"].items():
                if name not in self.errors:
                    self.add_error(name if name in self.fields else None, gettext(message))
        return fields


class CheckoutForm(AddressForm):
    """Everything a quote needs beside the cart."""

    email = forms.EmailField(label=_("E-mail"), help_text=_("For the confirmation of your order."))
    shipping_method = forms.CharField(max_length=50, required=False, widget=forms.HiddenInput)

    field_order = ["email", "name", "company", "line1", "line2", "postcode", "city", "region"]


class SignUpForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
