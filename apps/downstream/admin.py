from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.admin import (
    AskingAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    account_column,
    asks,
    lists,
    moment_text,
)
from apps.core.errors import DomainError
from apps.downstream import services
from apps.downstream.models import Receipt, Replay
from apps.downstream.selectors import ledger_of, list_systems, list_unacknowledged, with_ledger
from apps.downstream.types import LedgerRow
from apps.events.models import Delivery, OutboxMessage
from apps.events.selectors import list_events_of

lists(of="order", model=OutboxMessage, title=_("what each system has heard"))
_LATE = timedelta(minutes=15)


class ReplayForm(forms.Form):
    """To whom events are sent again, and why."""

    system = forms.ChoiceField(
        label=_("System"),
        choices=lambda: [(system, system) for system in list_systems()],
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
        """The events with what their ledgers are read from: no query more for each row."""
        return with_ledger(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage], search_term: str
    ) -> tuple[QuerySet[OutboxMessage], bool]:
        """The event with this id, or all about the order or parcel that the words name."""
        if search_term:
            queryset = queryset.filter(pk__in=list_events_of(search_term).values("pk"))
        return queryset, False

    @admin.display(description=_("published"))
    def published(self, event: OutboxMessage) -> str:
        """When the event reached the topic; a dash where no system outside hears it."""
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
        """When each system of the audience was sent the event, received it and worked it in."""
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
        return request.user.has_perm("downstream.add_replay")


def _state_of(row: LedgerRow) -> str:
    if row.acknowledged_at:
        return gettext("acknowledged")
    if row.received_at:
        return gettext("received")
    return gettext("published") if row.published_at else gettext("not published yet")


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
        """The replays with their askers' e-mail addresses, in one query."""
        accounts = get_user_model().objects.filter(pk=OuterRef("actor_id"))
        replays: QuerySet[Replay] = super().get_queryset(request)
        return replays.annotate(actor_name=Subquery(accounts.values("email")))

    @admin.display(description=_("by"), ordering="actor_name")
    def actor(self, replay: Replay) -> str:
        """Who asked, by e-mail address; an id where the account is gone, a dash for a terminal."""
        return replay.actor_name or str(replay.actor_id or "–")  # type: ignore[attr-defined]
