"""Messages as a queue gives them out."""

from datetime import datetime

import msgspec


class RawMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a queue as SQS gives it out; `receipt` lets it be deleted.

    `attributes` are those of type String; `reason` is why our worker set it aside at once.
    """

    id: str
    body: str
    receipt: str
    sent_at: datetime
    receive_count: int
    reason: str = ""
    attributes: dict[str, str] = {}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of its task; all empty for one that is of no task."""

    task: str = ""
    task_id: str = ""
    reason: str = ""
