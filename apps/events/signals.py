from typing import Any

from apps.events.models import OutboxMessage
from apps.events.services import wake_relay_on_commit


def wake_relay_after_commit(sender: type[OutboxMessage], *, created: bool, **_: Any) -> None:
    """A new outbox row wakes the relay, which publishes it to SNS, once its transaction commits."""
    if created:
        wake_relay_on_commit()
