"""Questions about what was announced, and how far it has come."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Prefetch, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from apps.core.rules import searchable
from apps.events.models import (
    DeadLetter,
    Delivery,
    OutboxMessage,
    Receipt,
    Replay,
    TaskFailure,
)
from apps.events.rules import REPLAY, TOPIC, earliest_id
from apps.events.types import SYSTEMS, Event, LedgerRow

# As long as SQS keeps a message at all.
_KEPT = timedelta(days=14)


def list_events_about(subject: str) -> QuerySet[OutboxMessage]:
    """All that was ever announced about something, oldest first."""
    return OutboxMessage.objects.filter(subject=subject).order_by("occurred_at", "id")


def first_id(*, at: datetime) -> UUID:
    """No id that was made at this time or later is less than this one."""
    return earliest_id(at=at)


def types_heard_by(system: str) -> frozenset[str]:
    """The types of the events that a downstream system hears."""
    return frozenset(event.type for event in _known(Event) if system in event.audience)


def audience_of(event_type: str) -> frozenset[str]:
    """The downstream systems that hear a type of event."""
    events = (event for event in _known(Event) if event.type == event_type)
    return frozenset().union(*(event.audience for event in events))


def list_audiences() -> list[tuple[str, str]]:
    """Which system hears which type of event, as pairs of type and system."""
    return sorted((event.type, system) for event in set(_known(Event)) for system in event.audience)


def _known(event: type[Event]) -> Iterator[type[Event]]:
    """Every event class with a type of its own."""
    for one in event.__subclasses__():
        if "type" in vars(one):
            yield one
        yield from _known(one)


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


def with_ledger(events: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
    """The events with what their ledgers are made of, in two queries more however many they are."""
    published = Delivery.objects.filter(target=TOPIC)
    return events.prefetch_related(
        Prefetch("deliveries", queryset=published, to_attr="published"), "receipts"
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
    published = Delivery.objects.filter(
        message=OuterRef("pk"), target=TOPIC, delivered_at__lt=before
    )
    missing = Q()
    for system in SYSTEMS:
        worked_in = Receipt.objects.filter(
            message=OuterRef("pk"), system=system, acknowledged_at__isnull=False
        )
        missing |= Q(~Exists(worked_in), type__in=types_heard_by(system))
    youngest_of_the_lost = earliest_id(at=before - _KEPT)
    return OutboxMessage.objects.filter(Exists(published), missing, pk__gte=youngest_of_the_lost)


def list_lag() -> dict[str, datetime]:
    """Since when the oldest delivery to each target has waited; replays count from their request.

    The target "relay" is for events whose deliveries the relay has not even written yet.
    """
    waiting = Delivery.objects.filter(delivered_at=None).exclude(target__startswith=REPLAY)
    lag = dict(waiting.values_list("target").annotate(Min("message__occurred_at")))
    fresh = OutboxMessage.objects.filter(fanned_out_at=None).aggregate(since=Min("occurred_at"))
    if fresh["since"]:
        lag["relay"] = fresh["since"]
    replayed = Delivery.objects.filter(delivered_at=None, target__startswith=REPLAY)
    replays = Replay.objects.filter(
        pk__in={target.rpartition(":")[2] for target in _targets(replayed)}
    )
    for system, asked_at in replays.values_list("system").annotate(Min("created_at")):
        lag[f"{REPLAY}{system}"] = asked_at
    return lag


def list_due_lanes() -> list[str]:
    """The lanes in which a delivery is due that nobody works on."""
    due = Delivery.objects.filter(delivered_at=None, due_at__lte=timezone.now()).exclude(lane="")
    return sorted(due.values_list("lane", flat=True).distinct())


def _targets(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery, str]:
    return deliveries.values_list("target", flat=True).distinct()


def list_letters(*, queue: str = "", state: str = "") -> QuerySet[DeadLetter]:
    """Dead letters, of one queue or in one state if they are named; oldest first."""
    letters = DeadLetter.objects.order_by("pk")
    if queue:
        letters = letters.filter(queue=queue)
    return letters.filter(state=state) if state else letters


def has_letter(*, queue: str, identity: str) -> bool:
    """Whether a message with this identity (its task's id) was ever set aside from a queue."""
    return DeadLetter.objects.filter(queue=queue, identity=identity).exists()


def find_failure(task_id: str) -> TaskFailure | None:
    """How a task failed last, if it did and the database could note it."""
    return TaskFailure.objects.filter(pk=task_id).first()


def list_decisions(letter: DeadLetter) -> QuerySet[OutboxMessage]:
    """What was decided about a dead letter, by whom and when; oldest first."""
    return list_events_about(str(letter.pk)).filter(type__startswith="events.letter.")


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
