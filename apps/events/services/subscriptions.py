"""Who reacts to what inside the shop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from apps.events.types import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A function that wants one type of event; a remote one talks to the outside world, in its lane."""

    target: str
    event: type[Event]
    handle: Callable[[Any], object]
    remote: bool
    lane: str

    def call(self, payload: dict[str, Any]) -> None:
        """Hand the payload over as the typed event."""
        self.handle(msgspec.convert(payload, self.event))


_subscriptions: dict[str, Subscription] = {}


def subscribe(
    event: type[E], *, remote: bool = False, lane: str = ""
) -> Callable[[Callable[[E], object]], Callable[[E], object]]:
    """Call the function with each such event: exactly once, in one transaction with its effects.

    A `remote` handler is called outside a transaction, at least once, and must bear repeats. One that
    may take long, or wait for somebody, has a lane: it is called by that lane's relays, on the queue
    of that name, and delays nothing else.
    """

    def register(handle: Callable[[E], object]) -> Callable[[E], object]:
        target = f"{handle.__module__.split('.')[1]}.{handle.__name__}"
        known = _subscriptions.get(target)
        if known is not None and known.handle.__module__ != handle.__module__:
            msg = f"{target} is subscribed already, by {known.handle.__module__}"
            raise ValueError(msg)
        _subscriptions[target] = Subscription(
            target=target, event=event, handle=handle, remote=remote or bool(lane), lane=lane
        )
        return handle

    return register


def subscriptions_to(event_type: str) -> list[Subscription]:
    """The subscriptions to an event type, in order of registration."""
    return [one for one in _subscriptions.values() if one.event.type == event_type]


def find_subscription(target: str) -> Subscription | None:
    """The subscription behind a delivery's target, or None if the code has forgotten it."""
    return _subscriptions.get(target)
