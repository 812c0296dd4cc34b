"""Money, people and moments as staff read and type them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.selectors import money_text
from apps.core.types import Money, exponent_of


class MajorUnits(forms.DecimalField):
    """An amount as people write it, in pounds or euros; `minor_of` makes it exact."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
        super().__init__(**{"max_digits": 14, "localize": True, "widget": widget, **kwargs})


class MajorUnitsForm(forms.ModelForm[Any]):
    """Amounts typed in major units; `amounts` names the model's field of minor units for each."""

    amounts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name, minor in self.amounts.items():
                money = Money(getattr(self.instance, minor), self.currency())
                self.initial[name] = money.amount

    def currency(self) -> str:
        """What the amounts are in; empty while nobody has said so."""
        return getattr(self, "cleaned_data", {}).get("currency") or str(self.instance.currency)

    def clean_currency(self) -> str:
        """The code in capitals (ISO 4217). Raises ValidationError unless it has three letters."""
        code = str(self.cleaned_data["currency"]).strip().upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise ValidationError(gettext("A currency has three letters, as in GBP."))
        return code

    def clean(self) -> dict[str, Any] | None:
        """Set the model's fields of minor units to the typed amounts; parts of one are an error."""
        cleaned = super().clean()
        currency = self.currency()
        for name, minor in self.amounts.items():
            if currency and (amount := self.cleaned_data.get(name)) is not None:
                try:
                    setattr(self.instance, minor, minor_of(amount, currency=currency))
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned


def minor_of(amount: Decimal, *, currency: str) -> int:
    """A typed amount in whole minor units. Raises ValidationError for parts of one."""
    places = exponent_of(currency)
    minor = amount.scaleb(places)
    if minor != int(minor):
        words = gettext("%(currency)s has %(places)s decimals.")
        raise ValidationError(words % {"currency": currency, "places": places})
    return int(minor)


def money_column(field: str, *, label: Any, currency: str = "currency") -> Any:
    """A column that shows a field of minor units as people write money."""
    minor_in, currency_in = attrgetter(field), attrgetter(currency)

    @admin.display(description=label, ordering=None if "." in field else field)
    def column(_admin: object, row: Any) -> str:
        return money_text(Money(minor_in(row), currency_in(row)))

    return column


def account_column(field: str, *, label: Any) -> Any:
    """A row of a page that shows whose account an id is."""

    @admin.display(description=label)
    def column(_admin: object, row: Any) -> str:
        return name_of(getattr(row, field))

    return column


def name_of(account_id: int | None) -> str:
    """Whose account it is; the number, where the account is gone."""
    return names_of([account_id])[account_id]


def names_of(account_ids: Iterable[int | None]) -> Mapping[int | None, str]:
    """Whose accounts these are, in one query; nobody is a dash."""
    wanted = set(account_ids)
    found = get_user_model().objects.in_bulk([one for one in wanted if one is not None])
    return {one: "–" if one is None else str(found.get(one, one)) for one in wanted}


def moment_text(moment: datetime | None) -> str:
    """A moment as every screen shows it, to the second; a dash for what has not happened."""
    if moment is None:
        return "–"
    return formats.date_format(timezone.localtime(moment), "j M Y, H:i:s")
