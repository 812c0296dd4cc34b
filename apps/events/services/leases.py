"""Take deliveries for a while, and say what came of them."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.events import rules
from apps.events.models import Delivery, OutboxMessage
from apps.events.rules import Priority
from apps.events.services.subscriptions import subscriptions_to

BATCH = 100
# What asks the outside world is taken a few at a time: each may take long.
_LANE_BATCH = 10
# A publication that failed so often lets later ones of its subject pass.
_PATIENCE = 8

# Relays take turns for the length of fan-out and claim, so that each sees what the others hold. The
# table is empty: nothing but relays ever waits for it.
_TAKE_TURN = "LOCK TABLE events_relayturn IN EXCLUSIVE MODE"

# What is due in a lane, but for subjects that somebody else works on there, and for what must wait for
# an earlier event of its subject that the topic has not taken. One range of the index of what is pending,
# in its order: what is not asked for, or not due, costs no look at its row.
_CLAIM = """
WITH due AS (
    SELECT delivery.id FROM events_delivery delivery
    WHERE delivery.delivered_at IS NULL AND delivery.lane = %(lane)s AND delivery.due_at <= %(now)s
        AND delivery.priority BETWEEN %(first)s AND %(last)s
        AND NOT EXISTS (
            SELECT FROM events_delivery other
            WHERE other.subject = delivery.subject AND other.delivered_at IS NULL
                AND other.lane = delivery.lane AND other.id <> delivery.id
                AND other.id <> ALL(%(mine)s) AND other.leased_until > %(now)s
        )
        AND NOT (delivery.target = %(topic)s AND EXISTS (
            SELECT FROM events_delivery earlier
            WHERE earlier.subject = delivery.subject AND earlier.delivered_at IS NULL
                AND earlier.target = delivery.target AND earlier.id < delivery.id
                AND earlier.due_at > %(now)s AND earlier.attempts < %(patience)s
        ))
    ORDER BY delivery.priority, delivery.id
    LIMIT %(most)s
    FOR UPDATE OF delivery SKIP LOCKED
)
UPDATE events_delivery delivery
SET attempts = attempts + 1, due_at = %(until)s, leased_until = %(until)s
FROM due WHERE delivery.id = due.id
RETURNING delivery.id
"""

_FANNED_OUT = """
UPDATE events_outboxmessage message SET fanned_out_at = %s, targets = told.targets
FROM unnest(%s::uuid[], %s::int[]) AS told (id, targets) WHERE message.id = told.id
"""


@transaction.atomic
def claim(*, lane: str, topic_too: bool = True) -> tuple[list[Delivery], set[str]]:
    """Write the deliveries of fresh events, then lease what is due in a lane, in the order of its making.

    Handlers come before the topic, the topic before replays: money and mails never wait behind news.
    Without `topic_too` what is for the topic is left where it is. The second answer names the lanes for
    which the fresh events have work.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURN)
    lanes = _fan_out()
    ids = _lease(
        lane, first=Priority.HANDLER, last=Priority.HANDLER, most=_LANE_BATCH if lane else BATCH
    )
    if not lane and len(ids) < BATCH:
        first = Priority.TOPIC if topic_too else Priority.REPLAY
        ids += _lease(lane, first=first, last=Priority.REPLAY, most=BATCH - len(ids), mine=ids)
    claimed = Delivery.objects.select_related("message").filter(pk__in=ids) if ids else []
    return sorted(claimed, key=lambda one: (one.priority, one.pk)), lanes


def _lease(lane: str, *, first: int, last: int, most: int, mine: Sequence[int] = ()) -> list[int]:
    """Take what is due in a range of priorities, also of subjects of which we hold some already."""
    now = timezone.now()
    asked: dict[str, Any] = {
        "lane": lane,
        "first": first,
        "last": last,
        "most": most,
        "mine": list(mine),
        "now": now,
        "until": now + rules.LEASE,
        "patience": _PATIENCE,
        "topic": rules.TOPIC,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, asked)
        return [row[0] for row in cursor.fetchall()]


def _fan_out() -> set[str]:
    """Write one delivery row per target for events that have none yet; returns the lanes they are in."""
    fresh = list(
        OutboxMessage.objects.select_for_update(skip_locked=True)
        .filter(fanned_out_at=None)
        .order_by("id")[:BATCH]
    )
    if not fresh:
        return set()
    deliveries = [one for message in fresh for one in _deliveries_of(message)]
    Delivery.objects.bulk_create(deliveries)
    counts = Counter(one.message_id for one in deliveries)
    with connection.cursor() as cursor:
        cursor.execute(
            _FANNED_OUT,
            [timezone.now(), [one.id for one in fresh], [counts[one.id] for one in fresh]],
        )
    return {one.lane for one in deliveries if one.lane}


def _deliveries_of(message: OutboxMessage) -> list[Delivery]:
    lanes = {one.target: one.lane for one in subscriptions_to(message.type)}
    if message.is_public:
        lanes[rules.TOPIC] = ""
    return [
        Delivery(
            message=message,
            subject=message.subject,
            target=target,
            lane=lane,
            priority=rules.priority_of(target),
        )
        for target, lane in lanes.items()
    ]


def renew(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Hold leases for longer; returns the deliveries of those that had not ended."""
    now = timezone.now()
    held = Delivery.objects.filter(
        pk__in=[one.pk for one in deliveries], delivered_at=None, leased_until__gt=now
    )
    ids = set(held.values_list("pk", flat=True))
    until = now + rules.LEASE
    Delivery.objects.filter(pk__in=ids).update(leased_until=until, due_at=until)
    return [one for one in deliveries if one.pk in ids]


def let_go(deliveries: Sequence[Delivery]) -> None:
    """Give up leases that were not used: the deliveries are due again, as if never taken."""
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries], delivered_at=None).update(
        leased_until=None, due_at=timezone.now(), attempts=F("attempts") - 1
    )


def mark_delivered(deliveries: Sequence[Delivery]) -> Collection[int]:
    """Write down that deliveries were made; returns the ids of those that nobody had made before."""
    if not deliveries:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_delivery SET delivered_at = %s, leased_until = NULL, last_error = ''"
            " WHERE id = ANY(%s) AND delivered_at IS NULL RETURNING id",
            [timezone.now(), [one.pk for one in deliveries]],
        )
        return {row[0] for row in cursor.fetchall()}


def put_off(delivery: Delivery, *, reason: str) -> None:
    """Try again later, the later the oftener it failed; the error is kept beside it."""
    Delivery.objects.filter(pk=delivery.pk).update(
        delivered_at=None,
        leased_until=None,
        due_at=timezone.now() + rules.retry_delay(attempts=delivery.attempts),
        last_error=reason[:2000],
    )
