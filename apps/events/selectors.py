"""Questions about what was announced, and how far it has come."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.events.models import Delivery, OutboxMessage, Receipt
from apps.events.types import Event, LedgerRow


def list_events_about(subject: str) -> QuerySet[OutboxMessage]:
    """All that was ever announced about something, oldest first."""
    return OutboxMessage.objects.filter(subject=subject).order_by("occurred_at", "id")


def types_heard_by(system: str) -> frozenset[str]:
    """The types of the events that a downstream system hears."""
    return frozenset(event.type for event in _known(Event) if system in event.audience)


def audience_of(event_type: str) -> frozenset[str]:
    """The downstream systems that hear a type of event."""
    events = (event for event in _known(Event) if event.type == event_type)
    return frozenset().union(*(event.audience for event in events))


def _known(event: type[Event]) -> Iterator[type[Event]]:
    """Every event class with a type of its own."""
    for one in event.__subclasses__():
        if "type" in vars(one):
            yield one
        yield from _known(one)


def list_ledger(subject: str) -> list[LedgerRow]:
    """How far each event about something has come, per system that hears it. Three queries."""
    return _ledger_of(list(list_events_about(subject)))


def list_ledger_of_event(event: OutboxMessage) -> list[LedgerRow]:
    """How far one event has come, per system that hears it. Two queries."""
    return _ledger_of([event])


def _ledger_of(events: list[OutboxMessage]) -> list[LedgerRow]:
    ids = [event.pk for event in events]
    deliveries = Delivery.objects.filter(message__in=ids, target="sns")
    published = dict(deliveries.values_list("message", "delivered_at"))
    receipts = {
        (receipt.message_id, receipt.system): receipt
        for receipt in Receipt.objects.filter(message__in=ids)
    }
    rows = []
    for event in events:
        for system in sorted(audience_of(event.type)):
            receipt = receipts.get((event.pk, system))
            rows.append(
                LedgerRow(
                    event_id=event.pk,
                    type=event.type,
                    occurred_at=event.occurred_at,
                    system=system,
                    published_at=published.get(event.pk),
                    received_at=receipt.received_at if receipt else None,
                    acknowledged_at=receipt.acknowledged_at if receipt else None,
                )
            )
    return rows


def list_replayable(
    *,
    system: str,
    event_ids: Collection[UUID] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    types: Collection[str] = (),
) -> QuerySet[OutboxMessage]:
    """The events of a system's audience that were chosen by id, or by time and type; oldest first."""
    heard = types_heard_by(system)
    chosen = OutboxMessage.objects.filter(type__in=heard & set(types) if types else heard)
    if event_ids:
        chosen = chosen.filter(pk__in=event_ids)
    if since:
        chosen = chosen.filter(occurred_at__gte=since)
    if until:
        chosen = chosen.filter(occurred_at__lt=until)
    return chosen.order_by("id")
