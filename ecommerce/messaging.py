"""Every queue, topic and bucket of a stage, declared once; the laptop, tests and AWS create them from it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import ModuleType

from django.conf import settings

from apps.catalog.rules import PICTURE_FOLDERS
from apps.events.types import Event
from ecommerce.installed import modules_of_apps

DAY = 24 * 60 * 60
STAGE = os.environ.get("STAGE", "local")
# A message whose worker died without a word comes back after this long. AWS asks for six times the worker
# function's time-out, so that none is given out again while Lambda still looks for room for it; what
# merely fails does not wait for it (`RETRY_SECONDS`). Where no Lambda is in between, less is enough.
VISIBILITY_SECONDS = int(os.environ.get("VISIBILITY_SECONDS", "360"))

# What loops stops before a task has taken so long, and another goes on: less than a message is hidden in any
# stage, and than a container that is stopped may take; more than the longest last step (25 s) needs.
TASK_SECONDS = 50


@dataclass(frozen=True, kw_only=True)
class Queue:
    """An SQS queue of ours, with the dead-letter queue `<name>-dlq` behind it."""

    name: str
    visibility_seconds: int = VISIBILITY_SECONDS
    # A message that meets an outage comes back after 5 s, 10 s, ... and at last every 15 minutes
    # (`RETRY_SECONDS`): forty receives outlast nine hours, so only poison reaches the dead letters.
    retention_seconds: int = 14 * DAY
    receive_limit: int = 40


# How long a worker's receive waits for a message; SQS bills an empty answer, too.
POLL_SECONDS = int(os.environ.get("POLL_SECONDS", "10"))

QUEUES = (
    Queue(name="orders"),
    Queue(name="tasks"),
    # What waits for a bank or for the mail service has a queue of its own, and delays nothing else.
    Queue(name="payments"),
    Queue(name="mails"),
    Queue(name="refunds"),
    # What takes long, or may come later: pictures, checks, counts, and what became of each order.
    Queue(name="bulk"),
)
RETRY_SECONDS = {receive: min(5 * 2 ** (receive - 1), 900) for receive in range(1, 41)}

TOPIC = "order-events"
# Static files and pictures of the goods are public; what concerns a person lies in `documents`.
BUCKETS = ("static", "media", "documents")
# S3 tells the queue `bulk` of every file that comes into these folders of `media`.
MEDIA_FOLDERS = PICTURE_FOLDERS


def _public_events() -> Iterator[type[Event]]:
    """The public events of every installed app."""
    for module in modules_of_apps("events"):
        yield from announced_by(module)


def announced_by(module: ModuleType) -> Iterator[type[Event]]:
    """The public events that a module, or a package, of events declares."""
    for one in vars(module).values():
        if (
            isinstance(one, type)
            and issubclass(one, Event)
            # A long file of events may be a package.
            and f"{one.__module__}.".startswith(f"{module.__name__}.")
            and one.public
        ):
            yield one


def _heard_by(patterns: Sequence[str]) -> tuple[str, ...]:
    types = (event.type for event in PUBLIC_EVENTS)
    return tuple(sorted(one for one in types if any(fnmatchcase(one, each) for each in patterns)))


PUBLIC_EVENTS: tuple[type[Event], ...] = tuple(
    sorted(_public_events(), key=lambda event: event.type)
)
# Which event types each downstream system hears: the table "Who hears what".
DOWNSTREAM: Mapping[str, tuple[str, ...]] = {
    system: _heard_by(patterns) for system, patterns in settings.SHOP["DOWNSTREAM"].items()
}


def physical_name(name: str) -> str:
    """The name a queue, topic or bucket bears in this stage."""
    return f"{STAGE}-{name}"
