"""Pages that several apps fill: each declares what it shows there, and what its rows are found by.

A page of an order, a product or a customer asks for what was declared `of` it, and knows none of the apps.
Declarations stand in the apps' `admin.py`; an app that is not installed declares nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a page is about: its kind (`order`, `product`, `customer`), its key, and what people call it."""

    kind: str
    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What one app shows of a subject: a title, rows of (label, value), and the address of the rest."""

    title: Any
    rows: Sequence[tuple[Any, Any]] = ()
    address: str = ""


Show = Callable[[HttpRequest, Subject], Panel | None]
Finder = Callable[[str], Iterable[str]]
_panels: defaultdict[str, list[Show]] = defaultdict(list)
_finders: defaultdict[str, list[Finder]] = defaultdict(list)
_pages: dict[str, str] = {}
_words: dict[str, Any] = {}


def panel(*, of: str) -> Callable[[Show], Show]:
    """Show on the page of every subject of a kind what the function returns; nothing for None.

    The function is asked on each visit, and judges whether the visitor may see it.
    """

    def declare(show: Show) -> Show:
        _panels[of].append(show)
        return show

    return declare


def lists(*, of: str, model: type[Model], title: Any) -> None:
    """Lead from the page of a subject to the list of a model's rows that its label finds."""

    @panel(of=of)
    def show(request: HttpRequest, subject: Subject) -> Panel | None:
        meta = model._meta
        if not request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            return None
        rows = f"admin:{meta.app_label}_{meta.model_name}_changelist"
        return Panel(title=title, address=reverse(rows, query={"q": subject.label}))


def panels_for(request: HttpRequest, subject: Subject) -> list[Panel]:
    """The panels of a subject that the visitor may see, in the order of the apps."""
    shown = (show(request, subject) for show in _panels[subject.kind])
    return [one for one in shown if one is not None]


def finder(*, of: str) -> Callable[[Finder], Finder]:
    """Tell screens that know no such subject which references its rows bear.

    The function gets what somebody searches for (an order's number, an e-mail address), and returns the
    keys under which others have what belongs to it.
    """

    def declare(find_one: Finder) -> Finder:
        _finders[of].append(find_one)
        return find_one

    return declare


def find(*, of: str, words: str) -> set[str]:
    """The references of all that was found by the words."""
    return {one for find_one in _finders[of] for one in find_one(words.strip())}


def opens(*, kind: str, page: str) -> None:
    """Name the page (a URL's name that takes the key) on which a subject of a kind is looked at."""
    _pages[kind] = page


def link_to(kind: str, *, key: object, words: Any) -> SafeString | str:
    """The words as a link to the page of a subject; the words alone where no page is declared."""
    if kind not in _pages:
        return str(words)
    return link(reverse(_pages[kind], args=[key]), words)


def link(address: str, words: Any) -> SafeString:
    """A link as the back office shows it."""
    return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)


def tell_events(words: Mapping[str, Any]) -> None:
    """Say in words for staff, by event type, what has happened: for the timelines of subjects."""
    _words.update(words)


def event_words(event_type: str) -> str:
    """What staff read of an event; its type where no app has words for it."""
    return str(_words.get(event_type, event_type))


class PanelledAdmin(ModelAdmin):
    """A screen whose page shows what other apps declare of its subject."""

    subject_kind: ClassVar[str]
    change_form_outer_before_template = "core/panels.html"

    def subject_of(self, row: Any) -> Subject:
        """What a row is to the other apps."""
        return Subject(kind=self.subject_kind, key=str(row.pk), label=str(row))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The row's page, with the panels that the visitor may see; one without rows is a link."""
        row = self.get_object(request, object_id) if object_id else None
        panels = panels_for(request, self.subject_of(row)) if row is not None else []
        context = {
            "panels": [one for one in panels if one.rows],
            "panels_elsewhere": [one for one in panels if not one.rows],
            **(extra_context or {}),
        }
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response
