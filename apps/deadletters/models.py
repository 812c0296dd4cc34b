"""Messages that could not be worked, and how tasks failed."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
                fields=["queue", "message_id"], name="deadletters_letter_once_per_message"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=LetterState.values),
                name="deadletters_letter_state_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["seen_at"],
                name="deadletters_letter_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["queue", "identity"], name="deadletters_letter_by_identity"),
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
        indexes = [models.Index(fields=["failed_at"], name="deadletters_failure_by_time")]

    def __str__(self) -> str:
        return f"{self.task}: {self.error[:80]}"
