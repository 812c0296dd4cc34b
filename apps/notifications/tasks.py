from uuid import UUID

from apps.jobs.services import work
from apps.notifications import services


@work("notifications.resend")
def resend(key: str, *, actor_id: int | None) -> None:
    """Let one message of a job leave once more."""
    services.resend_message(message_id=UUID(key), actor_id=actor_id)
