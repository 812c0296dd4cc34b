"""What the staff screens of all apps have in common."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import wraps
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from django.utils.translation import gettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.forms import check_uploads, tell_limit
from apps.core.selectors import money_text
from apps.core.types import Money, exponent_of

# How many of the chosen rows a question shows.
_SHOWN = 20


class ReadOnlyAdmin(ModelAdmin):
    """Facts and ledgers: staff look, nobody edits."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows that are shown under their parent, and changed by services only."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """All of them, so that columns which no form could change can be shown, too."""
        return list(self.fields or [])

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of the back office whose files, with all others of its page, fit into one request."""

    class Media:
        js = ("core/js/uploads.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self._file_fields().values():
            tell_limit(field)

    def clean(self) -> dict[str, Any] | None:
        """Refuse the files of this form where all of the page are too large together."""
        fields = super().clean()
        try:
            check_uploads(file for _, several in self.files.lists() for file in several)
        except ValidationError as refusal:
            for name in self._file_fields():
                if self.add_prefix(name) in self.files:
                    self.add_error(name, refusal)
        return fields

    def _file_fields(self) -> dict[str, forms.FileField]:
        return {
            name: field for name, field in self.fields.items() if isinstance(field, forms.FileField)
        }


class AskingAdmin(ReadOnlyAdmin):
    """Actions that need an answer first, and buttons for what the row's state allows.

    The page of an action that came too late is there all the same: it says in words what is wrong.
    """

    def ask(
        self,
        request: HttpRequest,
        *,
        title: object,
        form: forms.Form,
        template: str = "core/ask.html",
        **context: Any,
    ) -> HttpResponse:
        """A page with a form; `facts` (label, text), `chosen` rows and `hidden` fields come along."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(
            request, template, {"method": "post", **frame, "title": title, "form": form, **context}
        )

    def ask_about(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *,
        title: object,
        form: forms.Form,
        facts: Iterable[tuple[object, object]] = (),
    ) -> HttpResponse:
        """Ask on the way of a list's action: the form comes back to it with the same rows.

        The page says of how many rows it is, of all of them, and shows the first.
        """
        kept = ("action", "select_across", ACTION_CHECKBOX_NAME)
        hidden = [(name, value) for name in kept for value in request.POST.getlist(name)]
        hidden.append(("answered", "yes"))
        count = queryset.count()
        return self.ask(
            request,
            title=title,
            form=form,
            facts=[(self.opts.verbose_name_plural, count), *facts],
            chosen=queryset[:_SHOWN],
            more=max(0, count - _SHOWN),
            hidden=hidden,
        )

    def note(self, request: HttpRequest, row: Model, *, words: object) -> None:
        """Write into the row's history that whoever asks has decided this about it."""
        LogEntry.objects.log_actions(request.user.pk or 0, [row], CHANGE, str(words))

    def fitting_actions(self, row: Any) -> Collection[str]:
        """Those of `actions_detail` that the row's present state allows."""
        return [str(name) for name in self.actions_detail]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        row = self.get_object(request, unquote(str(object_id)))
        fitting = () if row is None else self.fitting_actions(row)
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if one.method.original_function_name in fitting]


Decision = Callable[[Any, HttpRequest, QuerySet[Any], Any], Iterable[Model]]
Amounts = Callable[[QuerySet[Any]], Iterable[Money]]


def asks(
    question: Any,
    *,
    noted: Any,
    permissions: Sequence[str],
    form: type[forms.Form] = forms.Form,
    money: tuple[Any, Amounts] | None = None,
) -> Callable[[Decision], Any]:
    """An action of an AskingAdmin on chosen rows, which is done once its question is answered.

    Before, a page says how many rows there are, what `money` (a label, and how to add it up) it is about,
    and shows `form`. The method does it with the answered form, and yields each row with which it is
    done: the row's history says so, in the words `noted` and in those of the answer.
    """

    def declare(decide: Decision) -> Any:
        @admin.action(description=question, permissions=permissions)
        @wraps(decide)
        def ask_first(
            self: AskingAdmin, request: HttpRequest, queryset: QuerySet[Any]
        ) -> HttpResponse | None:
            answer = form(request.POST if "answered" in request.POST else None)
            if not answer.is_valid():
                facts = [(money[0], amounts_text(money[1](queryset)))] if money else []
                return self.ask_about(request, queryset, title=question, form=answer, facts=facts)
            words = noted_with(noted, answer)
            for row in decide(self, request, queryset, answer):
                self.note(request, row, words=words)
            return None

        ask_first.is_noted = True  # type: ignore[attr-defined]
        return ask_first

    return declare


def noted_with(words: Any, answer: forms.Form) -> str:
    """What is noted of a decision: what was done, and what the form was filled in with."""
    return ": ".join(filter(None, [str(words), ", ".join(map(str, answer.cleaned_data.values()))]))


def amounts_text(amounts: Iterable[Money]) -> str:
    """Sums in several currencies as one text; a dash for no money."""
    return ", ".join(money_text(one) for one in amounts if one.minor) or "–"


def sum_of(field: str) -> Amounts:
    """How to add up a field of minor units of chosen rows, by their currency."""

    def add_up(queryset: QuerySet[Any]) -> list[Money]:
        rows = queryset.order_by("currency").values_list("currency").annotate(Sum(field))
        return [Money(minor, currency) for currency, minor in rows]

    return add_up


Finder = Callable[[str], Iterable[str]]
_finders: list[Finder] = []


def finds_references(finder: Finder) -> Finder:
    """Tell the screens of apps below, which know no orders, what bears an order's number or e-mail."""
    _finders.append(finder)
    return finder


class FoundByOrder(ModelAdmin):
    """Rows with a reference to an order, or to what belongs to one: its number or e-mail finds them."""

    order_field = "reference"
    refers_by_id = True

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        references = {one for finder in _finders for one in finder(search_term.strip())}
        if self.refers_by_id:
            references = {one for one in references if _is_id(one)}
        if references:
            found |= queryset.filter(**{f"{self.order_field}__in": references})
        return found, may_repeat


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


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
        code = str(self.cleaned_data["currency"]).strip().upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise ValidationError(gettext("A currency has three letters, as in GBP."))
        return code

    def clean(self) -> dict[str, Any] | None:
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
