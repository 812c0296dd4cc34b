"""Actions that ask first: what is about to happen, to how many rows and how much money."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.core.admin.screens import ReadOnlyAdmin
from apps.core.selectors import money_text
from apps.core.types import Money

# How many of the chosen rows a question shows.
_SHOWN = 20


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
        """The buttons of those actions that the visitor may take and the row's state allows."""
        row = self.get_object(request, unquote(str(object_id)))
        fitting = () if row is None else self.fitting_actions(row)
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if one.method.original_function_name in fitting]


Decision = Callable[[Any, HttpRequest, QuerySet[Any], Any], Iterable[Model]]
Act = Callable[[Any, HttpRequest, QuerySet[Any], Any], HttpResponse | None]


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
        @asks_first(question, permissions=permissions, form=form, money=money)
        @wraps(decide)
        def act(
            self: AskingAdmin, request: HttpRequest, queryset: QuerySet[Any], answer: forms.Form
        ) -> None:
            words = noted_with(noted, answer)
            for row in decide(self, request, queryset, answer):
                self.note(request, row, words=words)

        return act

    return declare


def asks_first(
    question: Any,
    *,
    permissions: Sequence[str],
    form: type[forms.Form] = forms.Form,
    money: tuple[Any, Amounts] | None = None,
) -> Callable[[Act], Any]:
    """An action of an AskingAdmin that asks as `asks` does; the method acts on the answer, and notes it."""

    def declare(act: Act) -> Any:
        @admin.action(description=question, permissions=permissions)
        @wraps(act)
        def ask_first(
            self: AskingAdmin, request: HttpRequest, queryset: QuerySet[Any]
        ) -> HttpResponse | None:
            answer = form(request.POST if "answered" in request.POST else None)
            if not answer.is_valid():
                facts = [(money[0], amounts_text(money[1](queryset)))] if money else []
                return self.ask_about(request, queryset, title=question, form=answer, facts=facts)
            return act(self, request, queryset, answer)

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
