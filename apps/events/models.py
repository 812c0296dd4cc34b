"""The outbox: facts written in the transaction that made them true, and where each still has to go."""

from django.db import models
from django.utils import timezone


class OutboxMessage(models.Model):
    """An announced event. Rows are kept: they are also the history of what they are about."""

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    payload = models.JSONField()
    has_audience = models.BooleanField(default=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    occurred_at = models.DateTimeField(default=timezone.now)
    fanned_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="events_outbox_to_fan_out",
                condition=models.Q(fanned_out_at__isnull=True),
            ),
            models.Index(fields=["subject", "id"], name="events_outbox_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class Delivery(models.Model):
    """One event on its way to one target: a handler of ours, or the topic.

    A handler's effects and `delivered_at` commit together, so this row is also the handler's inbox.
    """

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    target = models.CharField(max_length=100)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["message", "target"], name="events_delivery_once_per_target"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="events_delivery_pending",
                condition=models.Q(delivered_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.target}"
