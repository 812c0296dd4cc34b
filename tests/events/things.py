"""An event and handlers of the tests' own."""

from apps.core.types import Money
from apps.events.types import Event


class ThingDone(Event, frozen=True, kw_only=True):
    """Something was done, and accounting wants to know."""

    type = "tests.thing.done.v1"
    subject = "thing_id"
    public = True

    thing_id: str
    size: int = 1


class ThingNoted(Event, frozen=True, kw_only=True):
    """Something was noted, for ourselves only."""

    type = "tests.thing.noted.v1"
    subject = "thing_id"

    thing_id: str
    note: str = ""


class ThingTold(Event, frozen=True, kw_only=True):
    """
    Somebody was told what a thing costs.
    """

    type = "tests.thing.told.v1"
    subject = "thing_id"
    personal = frozenset({"name", "email"})

    thing_id: str
    price: Money
    email: str = ""
    name: str = ""


class ThingHappened(Event, frozen=True, kw_only=True):
    type = "tests.thing.happened.v1"
    subject = "thing_id"

    thing_id: str = ""
