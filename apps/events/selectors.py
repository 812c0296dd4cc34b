"""Questions about what was announced."""

from django.db.models import QuerySet

from apps.events.models import OutboxMessage


def list_events_about(subject: str) -> QuerySet[OutboxMessage]:
    """All that was ever announced about something, oldest first."""
    return OutboxMessage.objects.filter(subject=subject).order_by("occurred_at", "id")
