"""Every queue, topic and bucket of a stage, declared once; the laptop, tests and AWS create them from it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from apps.accounts import events as accounts
from apps.catalog.rules import PICTURE_FOLDERS
from apps.events.types import SYSTEMS, Event
from apps.inventory import events as inventory
from apps.orders import events as orders
from apps.payments import events as payments
from apps.refunds import events as refunds
from apps.shipping import events as shipping

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
DOWNSTREAM_SYSTEMS = SYSTEMS

ANNOUNCED: tuple[type[Event], ...] = (
    *accounts.ANNOUNCED,
    *inventory.ANNOUNCED,
    *orders.ANNOUNCED,
    *payments.ANNOUNCED,
    *refunds.ANNOUNCED,
    *shipping.ANNOUNCED,
)


def audience_by_system() -> Mapping[str, tuple[str, ...]]:
    """Which event types each downstream system hears: the table "Who hears what", read off the events."""
    return {
        system: tuple(sorted(event.type for event in ANNOUNCED if system in event.audience))
        for system in DOWNSTREAM_SYSTEMS
    }


DOWNSTREAM = audience_by_system()


def physical_name(name: str) -> str:
    """The name a queue, topic or bucket bears in this stage."""
    return f"{STAGE}-{name}"
