"""Questions about what was announced, and how far it has come."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from apps.core.rules import searchable
from apps.events.models import Delivery, OutboxMessage
from apps.events.rules import REPLAY, TOPIC, earliest_id, moment_of
from apps.events.types import Event


def list_events_about(subject: str) -> QuerySet[OutboxMessage]:
    """All that was ever announced about something, oldest first."""
    return OutboxMessage.objects.filter(subject=subject).order_by("occurred_at", "id")


def first_id(*, at: datetime) -> UUID:
    """No id that was made at this time or later is less than this one."""
    return earliest_id(at=at)


def list_event_classes() -> list[type[Event]]:
    """Every class of event that installed apps announce, by its type."""
    return sorted(set(_below(Event)), key=lambda event: event.type)


def _below(event: type[Event]) -> Iterator[type[Event]]:
    for one in event.__subclasses__():
        if "type" in vars(one):
            yield one
        yield from _below(one)


def list_publications() -> QuerySet[Delivery]:
    """The deliveries to the topic, from which downstream systems hear."""
    return Delivery.objects.filter(target=TOPIC)


def list_events_of(words: str) -> QuerySet[OutboxMessage]:
    """The event with this id, or all that was announced about what bears this id or number, newest first.

    An order is found by its id, its number or the number of one of its parcels.
    """
    words = searchable(words.strip())
    try:
        own = Q(pk=UUID(words))
        words = words.lower()
    except ValueError:
        own = Q()
        words = words.upper()
    announced = OutboxMessage.objects.annotate(number=KT("payload__number"))
    numbers = announced.filter(subject=words, number__isnull=False).values_list("number", flat=True)
    namesakes = announced.filter(number__in={words, *numbers}).values_list("subject", flat=True)
    return OutboxMessage.objects.filter(Q(subject__in={words, *namesakes}) | own).order_by("-id")


def list_lag() -> dict[str, datetime]:
    """Since when the oldest delivery to each target has waited; replays count from their request.

    The target "relay" is for events whose deliveries the relay has not even written yet.
    """
    waiting = Delivery.objects.filter(delivered_at=None).exclude(target__startswith=REPLAY)
    lag = dict(waiting.values_list("target").annotate(Min("message__occurred_at")))
    fresh = OutboxMessage.objects.filter(fanned_out_at=None).aggregate(since=Min("occurred_at"))
    if fresh["since"]:
        lag["relay"] = fresh["since"]
    for target in _targets(Delivery.objects.filter(delivered_at=None, target__startswith=REPLAY)):
        direct, _, replay = target.rpartition(":")
        asked_at = moment_of(UUID(replay))
        lag[direct] = min(lag.get(direct, asked_at), asked_at)
    return lag


def list_due_lanes() -> list[str]:
    """The lanes in which a delivery is due that nobody works on."""
    due = Delivery.objects.filter(delivered_at=None, due_at__lte=timezone.now()).exclude(lane="")
    return sorted(due.values_list("lane", flat=True).distinct())


def _targets(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery, str]:
    return deliveries.values_list("target", flat=True).distinct()
