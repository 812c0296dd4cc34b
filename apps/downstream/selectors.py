"""Who outside hears what, and how far an event has come on its way to them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from apps.downstream.models import Receipt
from apps.downstream.types import LedgerRow
from apps.events.models import OutboxMessage
from apps.events.selectors import first_id, list_event_classes, list_publications

# As long as SQS keeps a message at all.
_KEPT = timedelta(days=14)


def list_systems() -> tuple[str, ...]:
    """The downstream systems of this shop, as its settings name them."""
    return tuple(settings.SHOP["DOWNSTREAM"])


def types_heard_by(system: str) -> frozenset[str]:
    """The types of the public events that a downstream system hears."""
    return frozenset(
        event.type
        for event in list_event_classes()
        if event.public and _asks_for(system, event.type)
    )


def audience_of(event_type: str) -> frozenset[str]:
    """The downstream systems that hear a type of event."""
    is_public = any(event.public for event in list_event_classes() if event.type == event_type)
    return frozenset(
        system for system in list_systems() if is_public and _asks_for(system, event_type)
    )


def _asks_for(system: str, event_type: str) -> bool:
    """Whether one of the system's patterns (`orders.order.*`) fits a type."""
    patterns = settings.SHOP["DOWNSTREAM"].get(system, ())
    return any(fnmatchcase(event_type, pattern) for pattern in patterns)


def list_audiences() -> list[tuple[str, str]]:
    """Which system hears which type of event, as pairs of type and system."""
    return sorted(
        (event_type, system) for system in list_systems() for event_type in types_heard_by(system)
    )


def with_ledger(events: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
    """The events with what their ledgers are made of, in two queries more however many they are."""
    return events.prefetch_related(
        Prefetch("deliveries", queryset=list_publications(), to_attr="published"), "receipts"
    )


def ledger_of(event: OutboxMessage) -> list[LedgerRow]:
    """How far an event of `with_ledger` has come, per system that hears it."""
    published_at = next((one.delivered_at for one in event.published), None)  # type: ignore[attr-defined]
    receipts = {receipt.system: receipt for receipt in event.receipts.all()}
    return [
        LedgerRow(
            event_id=event.pk,
            type=event.type,
            occurred_at=event.occurred_at,
            system=system,
            published_at=published_at,
            received_at=receipts[system].received_at if system in receipts else None,
            acknowledged_at=receipts[system].acknowledged_at if system in receipts else None,
        )
        for system in sorted(audience_of(event.type))
    ]


def list_unacknowledged(*, before: datetime) -> QuerySet[OutboxMessage]:
    """Events published before a time that some system of their audience has not worked in.

    Looks back as far as a queue keeps a message; what is older than that waits nowhere any more.
    """
    published = list_publications().filter(message=OuterRef("pk"), delivered_at__lt=before)
    missing = Q()
    for system in list_systems():
        worked_in = Receipt.objects.filter(
            message=OuterRef("pk"), system=system, acknowledged_at__isnull=False
        )
        missing |= Q(~Exists(worked_in), type__in=types_heard_by(system))
    youngest_of_the_lost = first_id(at=before - _KEPT)
    return OutboxMessage.objects.filter(Exists(published), missing, pk__gte=youngest_of_the_lost)


def list_replayable(
    *,
    system: str,
    event_ids: Collection[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    types: Collection[str] = (),
) -> QuerySet[OutboxMessage]:
    """The events of a system's audience that were chosen by id, or by time and type; oldest first.

    No ids at all (None) choose by the rest; an empty choice of ids chooses nothing.
    """
    heard = types_heard_by(system)
    chosen = OutboxMessage.objects.filter(type__in=heard & set(types) if types else heard)
    if event_ids is not None:
        chosen = chosen.filter(pk__in=event_ids)
    if since:
        chosen = chosen.filter(occurred_at__gte=since)
    if until:
        chosen = chosen.filter(occurred_at__lt=until)
    return chosen.order_by("id")
