"""What downstream systems have said, and what they were sent again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.events.models import OutboxMessage


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
                fields=["message", "system"], name="downstream_receipt_once_per_system"
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
