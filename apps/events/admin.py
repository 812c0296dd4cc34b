from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.admin import (
    AskingAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    account_column,
    asks,
    moment_text,
    names_of,
    noted_with,
)
from apps.core.errors import DomainError
from apps.events import services
from apps.events.models import (
    DeadLetter,
    Delivery,
    LetterState,
    OutboxMessage,
    Receipt,
    Replay,
)
from apps.events.rules import readable
from apps.events.selectors import (
    ledger_of,
    list_decisions,
    list_events_of,
    list_unacknowledged,
    with_ledger,
)
from apps.events.types import SYSTEMS, LedgerRow

_COLOURS = {"waiting": "warning", "redriven": "success", "parked": "info"}
# A parked dead letter may be tried again after all; what was redriven is decided.
_FITTING = {"waiting": ("redrive_one", "park_one"), "parked": ("redrive_one",)}
_LATE = timedelta(minutes=15)
# More of a payload than this is for `manage.py dlq show`.
_SHOWN = 50_000


class ParkForm(forms.Form):
    """Why dead letters are left be."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


class ReplayForm(forms.Form):
    """To whom events are sent again, and why."""

    system = forms.ChoiceField(
        label=_("System"),
        choices=[(system, system) for system in SYSTEMS],
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ["target", "attempts", "due_at", "delivered_at", "last_error"]


class ArrivalFilter(admin.SimpleListFilter):
    """Which events some system has not worked in."""

    title = _("arrival")
    parameter_name = "arrival"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("published, but not acknowledged after 15 minutes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "late":
            return queryset
        late = list_unacknowledged(before=timezone.now() - _LATE)
        return queryset.filter(pk__in=late.values("pk"))


@admin.register(OutboxMessage)
class OutboxMessageAdmin(AskingAdmin):
    """What was announced, to whom it got through, and what each system has said of it."""

    list_display = ["type", "subject", "occurred_at", "published", "arrived"]
    list_filter = [ArrivalFilter, "type"]
    search_fields = ["subject"]
    search_help_text = _("A whole order number, or an id of an order or an event")
    ordering = ["-id"]
    inlines = [DeliveryInline]
    actions = ["replay"]
    fields = ["type", "subject", "occurred_at", "actor", "fanned_out_at", "payload", "ledger"]
    actor = account_column("actor_id", label=_("by"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        return with_ledger(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage], search_term: str
    ) -> tuple[QuerySet[OutboxMessage], bool]:
        if search_term:
            queryset = queryset.filter(pk__in=list_events_of(search_term).values("pk"))
        return queryset, False

    @admin.display(description=_("published"))
    def published(self, event: OutboxMessage) -> str:
        ledger = ledger_of(event)
        return moment_text(ledger[0].published_at) if ledger else "–"

    @admin.display(description=_("received and acknowledged"))
    def arrived(self, event: OutboxMessage) -> SafeString | str:
        """One mark per system: ✓✓ worked in, ✓ received, … not heard of yet."""
        marks = (
            (_state_of(row), "✓✓" if row.acknowledged_at else "✓" if row.received_at else "…", row.system)
            for row in ledger_of(event)
        )  # fmt: skip
        return (
            format_html_join(" ", '<span class="whitespace-nowrap" title="{}">{} {}</span>', marks)
            or "–"
        )

    @admin.display(description=_("ledger"))
    def ledger(self, event: OutboxMessage) -> SafeString:
        rows = format_html_join(
            "",
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    row.system,
                    moment_text(row.published_at),
                    moment_text(row.received_at),
                    moment_text(row.acknowledged_at),
                )
                for row in ledger_of(event)
            ),
        )
        return format_html(
            '<table class="w-full text-left"><thead><tr><th></th><th>{}</th><th>{}</th><th>{}</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            *(gettext("published"), gettext("received"), gettext("acknowledged"), rows),
        )

    @asks(
        _("Replay to a system"),
        noted=_("replayed to a system"),
        permissions=["replay"],
        form=ReplayForm,
    )
    def replay(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage], answer: ReplayForm
    ) -> Iterator[OutboxMessage]:
        """Send the chosen events to one system again; it drops what it has."""
        chosen = set(queryset.values_list("pk", flat=True))
        system = answer.cleaned_data["system"]
        try:
            count = services.replay_events(
                system=system,
                event_ids=chosen,
                actor_id=request.user.pk,
                reason=answer.cleaned_data["reason"],
            )
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.WARNING)
            return
        words = gettext("%(count)s of %(total)s events are on their way to %(system)s.")
        words %= {"count": count, "total": len(chosen), "system": system}
        self.message_user(request, words, messages.SUCCESS if count else messages.WARNING)
        if count:
            yield from OutboxMessage.objects.filter(pk__in=chosen).defer("payload").iterator()

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.add_replay")


def _state_of(row: LedgerRow) -> str:
    if row.acknowledged_at:
        return gettext("acknowledged")
    if row.received_at:
        return gettext("received")
    return gettext("published") if row.published_at else gettext("not published yet")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries; filter on those not delivered to see what is stuck and why."""

    list_display = ["message", "target", "attempts", "due_at", "delivered_at", "last_error"]
    list_filter = [("delivered_at", admin.EmptyFieldListFilter)]
    search_fields = ["=target"]
    list_select_related = ["message"]
    ordering = ["-id"]


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """What the downstream systems have told us."""

    list_display = ["message", "system", "received_at", "acknowledged_at"]
    list_filter = ["system", ("acknowledged_at", admin.EmptyFieldListFilter)]
    list_select_related = ["message"]
    search_fields = ["=message__subject"]
    ordering = ["-id"]


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Who had which events sent again, and why."""

    list_display = ["created_at", "system", "count", "reason", "actor"]
    list_filter = ["created_at", "system"]
    search_fields = ["reason", "choice__event_ids"]
    search_help_text = _("Words of the reason, or the id of an event that was chosen")
    ordering = ["-created_at", "-id"]
    fields = ["created_at", "system", "count", "reason", "actor", "choice"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replay]:
        accounts = get_user_model().objects.filter(pk=OuterRef("actor_id"))
        replays: QuerySet[Replay] = super().get_queryset(request)
        return replays.annotate(actor_name=Subquery(accounts.values("email")))

    @admin.display(description=_("by"), ordering="actor_name")
    def actor(self, replay: Replay) -> str:
        return replay.actor_name or str(replay.actor_id or "–")  # type: ignore[attr-defined]


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
        return letter.state, letter.get_state_display()

    @admin.display(description=_("what was wrong"), ordering="reason")
    def shown_reason(self, letter: DeadLetter) -> str:
        return Truncator(self.why(letter)).chars(100)

    @admin.display(description=_("what was wrong"))
    def why(self, letter: DeadLetter) -> str:
        return letter.reason or gettext("Received too often; no error was remembered.")

    @admin.display(description=_("age"), ordering="-sent_at")
    def age(self, letter: DeadLetter) -> str:
        return timesince(letter.sent_at, depth=1)

    @admin.display(description=_("came back"), ordering="came_back_from")
    def came_back(self, letter: DeadLetter) -> str:
        return gettext("again") if letter.came_back_from_id else ""

    @admin.display(description=_("came back from"))
    def earlier(self, letter: DeadLetter) -> SafeString | str:
        if letter.came_back_from_id is None:
            return "–"
        address = reverse("admin:events_deadletter_change", args=[letter.came_back_from_id])
        words = gettext("the earlier dead letter")
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)

    @admin.display(description=_("payload"))
    def payload(self, letter: DeadLetter) -> SafeString:
        text = Truncator(readable(letter.body)).chars(_SHOWN)
        return format_html('<pre class="overflow-x-auto whitespace-pre-wrap">{}</pre>', text)

    @admin.display(description=_("what was decided"))
    def decisions(self, letter: DeadLetter) -> SafeString:
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
        return self._park(
            request, list(queryset.order_by("pk")), reason=answer.cleaned_data["reason"]
        )

    @action(description=_("Redrive"), url_path="redrive", permissions=["redrive"])  # type: ignore[untyped-decorator]
    def redrive_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        letter = get_object_or_404(DeadLetter, pk=object_id)
        if request.method != "POST":
            return self.ask(request, title=_("Redrive"), form=forms.Form(), chosen=[letter])
        for one in self._redrive(request, [letter]):
            self.note(request, one, words=_("redriven"))
        return redirect("admin:events_deadletter_change", letter.pk)

    @action(description=_("Park"), url_path="park", permissions=["redrive"])  # type: ignore[untyped-decorator]
    def park_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        letter = get_object_or_404(DeadLetter, pk=object_id)
        form = ParkForm(request.POST or None)
        if not form.is_valid():
            return self.ask(request, title=_("Park"), form=form, chosen=[letter])
        for one in self._park(request, [letter], reason=form.cleaned_data["reason"]):
            self.note(request, one, words=noted_with(_("parked"), form))
        return redirect("admin:events_deadletter_change", letter.pk)

    def fitting_actions(self, row: DeadLetter) -> Collection[str]:
        return _FITTING.get(row.state, ())

    def has_redrive_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("events.redrive_deadletter")

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
