"""Send events to a downstream system again: it drops what it has, and works in what it lacks."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from apps.core.models import new_id
from apps.events.errors import NothingChosen, UnknownSystem
from apps.events.models import Delivery, Replay
from apps.events.rules import priority_of, replay_target
from apps.events.selectors import list_replayable
from apps.events.services.publishing import wake_relay_on_commit
from apps.events.types import SYSTEMS


@transaction.atomic
def replay_events(
    *,
    system: str,
    actor_id: int | None,
    reason: str = "",
    event_ids: Collection[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    types: Collection[str] = (),
) -> int:
    """Send the chosen events of a system's audience to its queue once more; returns how many.

    Chosen by id, or by when they occurred (`until` is left out) and by type; what the system does not
    hear is left out. Raises UnknownSystem, and NothingChosen rather than send everything.
    """
    if system not in SYSTEMS:
        raise UnknownSystem(system=system)
    if not (event_ids or since or until or types):
        raise NothingChosen
    messages = list_replayable(
        system=system, event_ids=event_ids, since=since, until=until, types=types
    )
    choice: dict[str, Any] = {
        "event_ids": list(event_ids or ()), "since": since, "until": until, "types": list(types),
    }  # fmt: skip
    replay = Replay(
        id=new_id(),
        system=system,
        actor_id=actor_id,
        reason=reason[:300],
        choice=msgspec.to_builtins(choice),
    )
    target = replay_target(system=system, replay_id=replay.id)
    deliveries = [
        Delivery(message_id=one, subject=subject, target=target, priority=priority_of(target))
        for one, subject in messages.values_list("pk", "subject")
    ]
    replay.count = len(deliveries)
    replay.save(force_insert=True)
    Delivery.objects.bulk_create(deliveries)
    wake_relay_on_commit()
    return replay.count
