"""The outbox: facts written in the transaction that made them true, and where each still has to go."""

from django.db import models
from django.db.models.fields.json import KT
from django.utils import timezone


class OutboxMessage(models.Model):
    """An announced event. Rows are kept for long: they are also the history of what they are about."""

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    payload = models.JSONField()
    is_public = models.BooleanField()
    actor_id = models.BigIntegerField(null=True, blank=True)
    # Of the request that caused it; empty when nobody asked.
    trace_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField(default=timezone.now)
    fanned_out_at = models.DateTimeField(null=True, blank=True)
    # How many deliveries were written then; unknown of what was announced before this was kept.
    targets = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="events_outbox_to_fan_out",
                condition=models.Q(fanned_out_at__isnull=True),
            ),
            models.Index(fields=["subject", "id"], name="events_outbox_by_subject"),
            models.Index(KT("payload__number"), name="events_outbox_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class Delivery(models.Model):
    """One event on its way to one target: a handler of ours, or the topic.

    A handler's effects and `delivered_at` commit together, so this row is also the handler's inbox.
    """

    message = models.ForeignKey(
        OutboxMessage,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,
    )
    # What the event is about: what belongs together is worked in order.
    subject = models.CharField(max_length=64, blank=True, default="", db_default="")
    target = models.CharField(max_length=100)
    lane = models.CharField(max_length=20, blank=True, default="", db_default="")
    priority = models.PositiveSmallIntegerField(default=0, db_default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    # Somebody works on it until then, and the other deliveries of its subject and lane wait.
    leased_until = models.DateTimeField(null=True, blank=True)
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
                fields=["lane", "priority", "id", "due_at"],
                name="events_delivery_pending",
                condition=models.Q(delivered_at__isnull=True),
            ),
            models.Index(
                fields=["subject"],
                name="events_delivery_by_subject",
                condition=models.Q(delivered_at__isnull=True),
            ),
            models.Index(
                fields=["due_at"],
                name="events_delivery_of_replays",
                condition=models.Q(delivered_at__isnull=True, target__startswith="replay:"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.target}"


class RelayTurn(models.Model):
    """An empty table that relays lock while they choose what to work on, one after the other."""

    def __str__(self) -> str:
        return "a turn"
