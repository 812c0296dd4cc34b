"""Every message to a person, as it was sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel


class Kind(models.TextChoices):
    ORDER_RECEIVED = "order_received", _("order received")
    ORDER_CONFIRMED = "order_confirmed", _("order confirmed")
    ORDER_REJECTED = "order_rejected", _("order rejected")
    AWAITING_PAYMENT = "awaiting_payment", _("awaiting payment")
    AWAITING_APPROVAL = "awaiting_approval", _("awaiting approval")
    ORDER_CANCELLED = "order_cancelled", _("order cancelled")
    UNITS_CANCELLED = "units_cancelled", _("part of an order cancelled")
    SHIPMENT_SHIPPED = "shipment_shipped", _("shipment on its way")
    SHIPMENT_DELIVERED = "shipment_delivered", _("shipment delivered")
    REFUND_REQUESTED = "refund_requested", _("refund requested")
    REFUND_APPROVED = "refund_approved", _("refund approved")
    REFUND_REFUSED = "refund_refused", _("refund refused")
    REFUND_PAID = "refund_paid", _("refund paid")


class SendingState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class Message(TimeStampedModel):
    """One message by one channel, kept as it was written. `sending` that lasts means: nobody knows whether it left."""

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    reference = models.CharField(_("about"), max_length=64)
    # The entry of SHOP["NOTIFICATION_CHANNELS"] that it goes by.
    channel = models.CharField(_("channel"), max_length=20, db_default="mail")
    recipient = models.CharField(_("recipient"), max_length=254)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"))
    state = models.CharField(
        _("state"), max_length=10, choices=SendingState.choices, default=SendingState.QUEUED
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="notifications_message_kind_known"
            ),
            models.UniqueConstraint(
                fields=["kind", "reference", "channel"], name="notifications_message_once_per_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=SendingState.values),
                name="notifications_message_state_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                name="notifications_message_unsent",
                condition=models.Q(state__in=["queued", "sending", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.subject
