"""Events as the relay leaves them: fanned out, delivered, and worked in by the systems that hear them."""

from datetime import datetime, timedelta
from functools import cache

import msgspec

from apps.downstream.selectors import audience_of
from apps.events.rules import TOPIC, impersonal, priority_of
from apps.events.services.subscriptions import subscriptions_to
from apps.events.types import Event
from tests.scale.copying import Ids
from tests.scale.tables import Tables

# From the announcement to the delivery, and from there until a system has worked the event in.
_RELAYED = timedelta(milliseconds=300)
_WORKED_IN = timedelta(seconds=5)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where events of a type go: targets with their lanes and priorities."""

    targets: tuple[tuple[str, str, int], ...]


@cache
def route_of(kind: type[Event]) -> Route:
    """The targets that the shop's apps have subscribed, and the topic if anybody outside hears it."""
    lanes = {one.target: one.lane for one in subscriptions_to(kind.type)}
    if kind.public:
        lanes[TOPIC] = ""
    return Route(targets=tuple((name, lane, priority_of(name)) for name, lane in lanes.items()))


class News:
    """Writes events of the past; only `systems` have sent receipts."""

    def __init__(self, *, tables: Tables, ids: Ids, systems: frozenset[str]) -> None:
        self._tables = tables
        self._ids = ids
        self._systems = systems

    def announce(self, event: Event, *, at: datetime) -> None:
        """Write one event that was announced then, with its deliveries and receipts."""
        message_id = self._ids.at(at)
        subject = str(getattr(event, event.subject))
        targets = route_of(type(event)).targets
        # Written into several rows each: made to text once.
        announced, delivered = str(at), str(at + _RELAYED)
        self._tables.events.add(
            message_id,
            event.type,
            subject,
            msgspec.json.encode(impersonal(event)).decode(),
            event.public,
            announced,
            delivered,
            len(targets),
        )
        for target, lane, priority in targets:
            self._tables.deliveries.add(
                message_id, subject, target, lane, priority, announced, delivered
            )
        worked_in = str(at + _RELAYED + _WORKED_IN)
        for system in audience_of(event.type) & self._systems:
            self._tables.receipts.add(message_id, system, delivered, worked_in)
