"""What shoppers type in."""

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.accounts.errors import InvalidAddress
from apps.accounts.services import (
    complaint_about_email,
    field_kinds,
    normalise_address,
    required_fields,
)
from apps.core.forms import check_uploads, tell_limit
from apps.core.selectors import money_text
from apps.core.types import Address, Money, exponent_of
from apps.refunds.models import REASON_LABELS
from apps.refunds.services import MOST_PICTURES
from apps.refunds.types import AskedLine
from apps.storefront.types import ReturnableLine

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


_REGION_LABELS = {
    "area": _("Area"),
    "county": _("County"),
    "department": _("Department"),
    "district": _("District"),
    "do_si": _("Province or city"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "oblast": _("Oblast"),
    "parish": _("Parish"),
    "prefecture": _("Prefecture"),
    "province": _("Province"),
    "state": _("State"),
}
_POSTCODE_LABELS = {"eircode": _("Eircode"), "pin": _("PIN code"), "zip": _("ZIP code")}


class CountryField(forms.CharField):
    """What some countries need and others do not; pages say which, also when another is chosen."""

    is_needed = False

    def tell(self, *, country: str, needed_in: Collection[str], labels: Mapping[str, str]) -> None:
        """Let the page know for the country, and its script for every other."""
        self.is_needed = country in needed_in
        self.label = labels.get(country, self.label)
        self.widget.attrs |= {
            "data-needed-in": " ".join(sorted(needed_in)),
            "data-labels": json.dumps({code: str(label) for code, label in labels.items()}),
            "aria-required": "true" if self.is_needed else "false",
        }


class AddressForm(forms.Form):
    """An address in one of the market's countries, checked by that country's own rules."""

    name = forms.CharField(label=_("Full name"), max_length=150)
    company = forms.CharField(label=_("Company"), max_length=150, required=False)
    line1 = forms.CharField(label=_("Street and number"), max_length=200)
    line2 = forms.CharField(label=_("Flat, floor, building"), max_length=200, required=False)
    postcode = CountryField(label=_("Postcode"), max_length=20, required=False)
    city = CountryField(label=_("Town or city"), max_length=100, required=False)
    region = CountryField(label=_("State or county"), max_length=100, required=False)
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
        self._tell_of_countries(country_codes)

    def _tell_of_countries(self, country_codes: list[str]) -> None:
        """Which fields each country needs, and what it calls them."""
        needed = {code: required_fields(code) for code in country_codes}
        kinds = {code: field_kinds(code) for code in country_codes}
        known = {"region": _REGION_LABELS, "postcode": _POSTCODE_LABELS}
        chosen = str(self["country"].value() or "")
        for name, field in self.fields.items():
            if isinstance(field, CountryField):
                words = known.get(name, {})
                field.tell(
                    country=chosen if chosen in country_codes else country_codes[0],
                    needed_in=[code for code in country_codes if name in needed[code]],
                    labels={
                        code: str(words.get(kinds[code].get(name, ""), field.label))
                        for code in country_codes
                        if words
                    },
                )

    def clean(self) -> dict[str, Any]:
        """Judge the address as a whole, and put each complaint beside its field."""
        fields = super().clean() or {}
        given = Address(**{name: fields.get(name, "") for name in Address.__struct_fields__})
        try:
            fields["address"] = normalise_address(given)
        except InvalidAddress as error:
            for name, message in error.details["errors"].items():
                if name not in self.errors:
                    words = [gettext(message)]
                    if example := error.details.get("expected", {}).get(name):
                        words.append(gettext("It is written like this: %s") % example)
                    self.add_error(name if name in self.fields else None, " ".join(words))
        return fields


class ReachableEmailField(forms.EmailField):
    """An address that the shop will write to."""

    def run_validators(self, value: Any) -> None:
        """Raises ValidationError, with the reason, for an address to which no mail can be sent."""
        if value and (complaint := complaint_about_email(value)):
            raise forms.ValidationError(gettext(complaint))
        super().run_validators(value)


class CheckoutForm(AddressForm):
    """Everything a quote needs beside the cart."""

    email = ReachableEmailField(
        label=_("E-mail"), max_length=254, help_text=_("For the confirmation of your order.")
    )
    shipping_method = forms.CharField(max_length=50, required=False, widget=forms.HiddenInput)

    field_order = ["email", "name", "company", "line1", "line2", "postcode", "city", "region"]


class PartForm(forms.Form):
    """How much of a total is to be paid now, in major units; nothing stands for all of it."""

    part = forms.DecimalField(
        label=_("Amount to pay now"),
        required=False,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 10}),
    )

    def __init__(self, *args: Any, total: Money, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._total = total

    def clean_part(self) -> Decimal | None:
        """The amount in major units of the total's currency. Raises ValidationError."""
        part: Decimal | None = self.cleaned_data["part"]
        if part is None:
            return None
        minor = part.scaleb(exponent_of(self._total.currency))
        if minor != int(minor) or not 0 < minor < self._total.minor:
            words = gettext("Please give an amount above zero and below %(total)s.")
            raise forms.ValidationError(words % {"total": money_text(self._total)})
        return part


class SignUpForm(forms.Form):
    email = ReachableEmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class FirstPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class _PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files at once, in all no larger than one request may be."""

    widget = _PicturesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files. Raises ValidationError for one that is empty, or for more than a request may carry."""
        files = [super(PicturesField, self).clean(one, initial) for one in data or [] if one]
        check_uploads(files)
        return files


class ReturnForm(forms.Form):
    """Which units of an order shall go back, and why; each line has its own number and reason."""

    text = forms.CharField(
        label=_("What should we know?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    pictures = PicturesField(label=_("Pictures"), required=False)

    def __init__(self, *args: Any, lines: list[ReturnableLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.free]
        tell_limit(self.fields["pictures"])
        self.fields["pictures"].widget.attrs["accept"] = "image/jpeg,image/png,image/webp"
        self.fields["pictures"].help_text = _(
            "Up to %(most_pictures)s, as JPEG, PNG or WebP, together at most %(most_megabytes)s MB. "
            "They help us where something is broken; only our people see them."
        ) % {
            "most_pictures": MOST_PICTURES,
            "most_megabytes": settings.UPLOAD_LIMIT_BYTES // 1_000_000,
        }
        for line in self.lines:
            self.fields[f"units_{line.order_line_id}"] = forms.IntegerField(
                label=_("Pieces of %s") % line.title,
                min_value=0,
                max_value=line.free,
                initial=0,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "stepper__input"}),
            )
            self.fields[f"reason_{line.order_line_id}"] = forms.ChoiceField(
                label=_("Why: %(title)s") % {"title": line.title},
                choices=[("", "–"), *REASON_LABELS],
                required=False,
            )

    def rows(self) -> list[dict[str, Any]]:
        """The lines with their two fields, for the page."""
        return [
            {
                "line": line,
                "units": self[f"units_{line.order_line_id}"],
                "reason": self[f"reason_{line.order_line_id}"],
            }
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Whatever goes back has a reason, every reason a number, and something does go back."""
        fields = super().clean() or {}
        for line in self.lines:
            units, reason = f"units_{line.order_line_id}", f"reason_{line.order_line_id}"
            if units in self.errors or reason in self.errors:
                continue
            if fields[units] and not fields[reason]:
                self.add_error(reason, _("Please say why."))
            elif fields[reason] and not fields[units]:
                self.add_error(units, _("How many?"))
        if not self.errors and not any(fields[f"units_{one.order_line_id}"] for one in self.lines):
            self.add_error(None, _("Please say what shall go back."))
        return fields

    def asked_lines(self) -> list[AskedLine]:
        """The lines of which units shall go back, with how many and why, as the service takes them."""
        given = self.cleaned_data
        return [
            AskedLine(
                order_line_id=line.order_line_id,
                quantity=given[f"units_{line.order_line_id}"],
                reason=given[f"reason_{line.order_line_id}"],
            )
            for line in self.lines
            if given.get(f"units_{line.order_line_id}")
        ]
