"""What notifications announces, to itself only: a mail is written, now it may leave."""

from apps.events.types import Event


class MessageQueued(Event, frozen=True, kw_only=True):
    """A message to a person was written and waits to be sent."""

    type = "notifications.message.queued.v1"
    subject = "message_id"

    message_id: str
