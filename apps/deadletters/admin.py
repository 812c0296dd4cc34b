from collections.abc import Collection, Iterable

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin import AskingAdmin, asks, moment_text, names_of, noted_with
from apps.core.errors import DomainError
from apps.deadletters import services
from apps.deadletters.models import DeadLetter, LetterState
from apps.deadletters.rules import readable
from apps.deadletters.selectors import list_decisions

_COLOURS = {"waiting": "warning", "redriven": "success", "parked": "info"}


# A parked dead letter may be tried again after all; what was redriven is decided.
_FITTING = {"waiting": ("redrive_one", "park_one"), "parked": ("redrive_one",)}


# More of a payload than this is for `manage.py dlq show`.
_SHOWN = 50_000


class ParkForm(forms.Form):
    """Why dead letters are left be."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


@admin.register(DeadLetter)
class DeadLetterAdmin(AskingAdmin):
    """The workbench: what could not be worked is tried again, or parked with a reason."""

    list_display = [
        "queue", "task", "shown_reason", "age", "receive_count", "state_label", "came_back"
    ]  # fmt: skip
    list_display_links = ["queue", "task"]
    list_filter = [
        "state",
        "seen_at",
        "queue",
        "task",
        ("came_back_from", admin.EmptyFieldListFilter),
    ]
    search_fields = ["=message_id", "=identity", "task", "reason"]
    search_help_text = _("A whole message or task id, or words of the task or the error")
    ordering = ["-id"]
    actions = ["redrive", "park"]
    actions_detail = ["redrive_one", "park_one"]
    fieldsets = [
        (None, {"fields": ["state", "queue", "task", "why", "decisions", "earlier"]}),
        (_("Payload"), {"fields": ["payload", "attributes"]}),
        (_("Message"), {"fields": ["message_id", "sent_at", "seen_at", "receive_count"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        """Bodies may be large, and the list shows none."""
        queryset: QuerySet[DeadLetter] = super().get_queryset(request).defer("body")
        return queryset

    @display(description=_("state"), label=_COLOURS, ordering="state")  # type: ignore[untyped-decorator]
    def state_label(self, letter: DeadLetter) -> tuple[str, str]:
        """What has become of the letter, as a coloured label."""
        return letter.state, letter.get_state_display()

    @admin.display(description=_("what was wrong"), ordering="reason")
    def shown_reason(self, letter: DeadLetter) -> str:
        """The first hundred characters of what was wrong, for the list."""
        return Truncator(self.why(letter)).chars(100)

    @admin.display(description=_("what was wrong"))
    def why(self, letter: DeadLetter) -> str:
        """The error that was remembered, or that none was."""
        return letter.reason or gettext("Received too often; no error was remembered.")

    @admin.display(description=_("age"), ordering="-sent_at")
    def age(self, letter: DeadLetter) -> str:
        """For how long the message has been under way, in its largest unit of time."""
        return timesince(letter.sent_at, depth=1)

    @admin.display(description=_("came back"), ordering="came_back_from")
    def came_back(self, letter: DeadLetter) -> str:
        """Whether the same message was dead before: trying again has not helped."""
        return gettext("again") if letter.came_back_from_id else ""

    @admin.display(description=_("came back from"))
    def earlier(self, letter: DeadLetter) -> SafeString | str:
        """A link to the letter that the same message was before; a dash for a first one."""
        if letter.came_back_from_id is None:
            return "–"
        address = reverse("admin:deadletters_deadletter_change", args=[letter.came_back_from_id])
        words = gettext("the earlier dead letter")
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)

    @admin.display(description=_("payload"))
    def payload(self, letter: DeadLetter) -> SafeString:
        """The message for people, cut to a length that a page can show."""
        text = Truncator(readable(letter.body)).chars(_SHOWN)
        return format_html('<pre class="overflow-x-auto whitespace-pre-wrap">{}</pre>', text)

    @admin.display(description=_("what was decided"))
    def decisions(self, letter: DeadLetter) -> SafeString:
        """When it was redriven or parked, by whom and why, oldest first."""
        decisions = list(list_decisions(letter))
        names = names_of(event.actor_id for event in decisions)
        rows = (
            (
                moment_text(event.occurred_at),
                LetterState(event.type.split(".")[2]).label,
                names[event.actor_id],
                event.payload.get("reason", ""),
            )
            for event in decisions
        )
        return format_html(
            "<ol>{}</ol>", format_html_join("", "<li><time>{}</time> {} ({}) {}</li>", rows)
        )

    @asks(_("Redrive the selected dead letters"), noted=_("redriven"), permissions=["redrive"])
    def redrive(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter], _answer: forms.Form
    ) -> Iterable[DeadLetter]:
        """Each goes to its queue once more; those that were redriven before stay as they are."""
        return self._redrive(request, list(queryset.order_by("pk")))

    @asks(
        _("Park the selected dead letters"),
        noted=_("parked"),
        permissions=["redrive"],
        form=ParkForm,
    )
    def park(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter], answer: ParkForm
    ) -> Iterable[DeadLetter]:
        """Each is left be for the reason that was typed; what was decided before stays so."""
        return self._park(
            request, list(queryset.order_by("pk")), reason=answer.cleaned_data["reason"]
        )

    @action(description=_("Redrive"), url_path="redrive", permissions=["redrive"])  # type: ignore[untyped-decorator]
    def redrive_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask, then have this letter tried again; note it unless the service refuses."""
        letter = get_object_or_404(DeadLetter, pk=object_id)
        if request.method != "POST":
            return self.ask(request, title=_("Redrive"), form=forms.Form(), chosen=[letter])
        for one in self._redrive(request, [letter]):
            self.note(request, one, words=_("redriven"))
        return redirect("admin:deadletters_deadletter_change", letter.pk)

    @action(description=_("Park"), url_path="park", permissions=["redrive"])  # type: ignore[untyped-decorator]
    def park_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask why, then leave this letter be; note it unless the service refuses."""
        letter = get_object_or_404(DeadLetter, pk=object_id)
        form = ParkForm(request.POST or None)
        if not form.is_valid():
            return self.ask(request, title=_("Park"), form=form, chosen=[letter])
        for one in self._park(request, [letter], reason=form.cleaned_data["reason"]):
            self.note(request, one, words=noted_with(_("parked"), form))
        return redirect("admin:deadletters_deadletter_change", letter.pk)

    def fitting_actions(self, row: DeadLetter) -> Collection[str]:
        return _FITTING.get(row.state, ())

    def has_redrive_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("deadletters.redrive_deadletter")

    def _redrive(self, request: HttpRequest, letters: list[DeadLetter]) -> list[DeadLetter]:
        """Those that are tried again."""
        undecided = [one for one in letters if "redrive_one" in self.fitting_actions(one)]
        try:
            count = services.redrive(
                letter_ids=[one.pk for one in letters], actor_id=request.user.pk
            )
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.ERROR)
            return []
        words = ngettext(
            "%s dead letter is tried again.", "%s dead letters are tried again.", count
        )
        self.message_user(request, words % count, messages.SUCCESS)
        return undecided

    def _park(
        self, request: HttpRequest, letters: list[DeadLetter], *, reason: str
    ) -> list[DeadLetter]:
        """Those that are left be."""
        waiting = [one for one in letters if "park_one" in self.fitting_actions(one)]
        try:
            count = services.park(
                letter_ids=[one.pk for one in letters], actor_id=request.user.pk, reason=reason
            )
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.ERROR)
            return []
        words = ngettext("%s dead letter is parked.", "%s dead letters are parked.", count)
        self.message_user(request, words % count, messages.SUCCESS)
        return waiting
