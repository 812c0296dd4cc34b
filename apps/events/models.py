"""The outbox: facts written in the transaction that made them true, and where each still has to go."""

from django.db import models
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutboxMessage(models.Model):
    """An announced event. Rows are kept for long: they are also the history of what they are about."""

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    payload = models.JSONField()
    has_audience = models.BooleanField(default=True)
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


class Receipt(models.Model):
    """A downstream system's word that it has an event, and has worked it in."""

    message = models.ForeignKey(
        OutboxMessage,
        verbose_name=_("event"),
        on_delete=models.CASCADE,
        related_name="receipts",
        db_index=False,
    )
    system = models.CharField(_("system"), max_length=20)
    received_at = models.DateTimeField(_("received"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "system"], name="events_receipt_once_per_system"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} has {self.message_id}"


class Replay(models.Model):
    """Events that were sent to one system again, and who wanted it."""

    id = models.UUIDField(primary_key=True, editable=False)
    system = models.CharField(_("system"), max_length=20)
    choice = models.JSONField(_("which events"))
    count = models.PositiveIntegerField(_("events"))
    reason = models.CharField(_("reason"), max_length=300, blank=True, db_default="")
    actor_id = models.BigIntegerField(_("by"), null=True, blank=True)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")

    def __str__(self) -> str:
        return f"{self.count} events to {self.system}"


class LetterState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    REDRIVEN = "redriven", _("redriven")
    PARKED = "parked", _("parked")


class DeadLetter(models.Model):
    """A message that could not be worked, as it was received, and what was decided about it."""

    queue = models.CharField(_("queue"), max_length=80)
    message_id = models.CharField(_("message"), max_length=100)
    body = models.TextField(_("payload"))
    attributes = models.JSONField(
        _("attributes"), default=dict, db_default=models.Value({}, models.JSONField())
    )
    # The same for a message that comes back: its task's id, or else the digest of its body.
    identity = models.CharField(max_length=64, db_default="")
    task = models.CharField(_("task"), max_length=100, blank=True)
    reason = models.TextField(_("what was wrong"), blank=True)
    receive_count = models.PositiveIntegerField(_("received"), default=0)
    sent_at = models.DateTimeField(_("sent"))
    seen_at = models.DateTimeField(_("set aside"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=LetterState.choices, default=LetterState.WAITING
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.BigIntegerField(_("by"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    came_back_from = models.ForeignKey(
        "self",
        verbose_name=_("came back from"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="returns",
    )

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        permissions = [("redrive_deadletter", _("Can redrive and park dead letters"))]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "message_id"], name="events_letter_once_per_message"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=LetterState.values), name="events_letter_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["seen_at"],
                name="events_letter_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["queue", "identity"], name="events_letter_by_identity"),
        ]

    def __str__(self) -> str:
        return f"{self.task or self.queue} {self.message_id}"


class TaskFailure(models.Model):
    """How a task failed last: SQS keeps the message, but not why it came back."""

    task_id = models.CharField(primary_key=True, max_length=50)
    task = models.CharField(max_length=100)
    error = models.TextField()
    failed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["failed_at"], name="events_failure_by_time")]

    def __str__(self) -> str:
        return f"{self.task}: {self.error[:80]}"
