"""How goods travel: zones, methods and rates; and the shipments of each order."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, Translated
from apps.core.types import Money
from apps.orders.models import Order, OrderLine
from apps.shipping.rules import OPEN, ShipmentStatus, Verdict

STATUS_LABELS = (
    (ShipmentStatus.WAITING.value, _("waiting for goods")),
    (ShipmentStatus.REQUESTED.value, _("requested")),
    (ShipmentStatus.ACCEPTED.value, _("accepted")),
    (ShipmentStatus.PICKED.value, _("picked")),
    (ShipmentStatus.SHIPPED.value, _("shipped")),
    (ShipmentStatus.DELIVERED.value, _("delivered")),
    (ShipmentStatus.FAILED.value, _("failed")),
    (ShipmentStatus.OVERDUE.value, _("overdue")),
    (ShipmentStatus.WITHDRAWN.value, _("withdrawn")),
)
VERDICT_LABELS = (
    (Verdict.APPLIED.value, _("applied")),
    (Verdict.IGNORED.value, _("nothing new")),
    (Verdict.LATE.value, _("too late")),
    (Verdict.CONFLICT.value, _("conflict")),
)


class Zone(models.Model):
    """Countries that are served alike."""

    name = models.CharField(_("name"), max_length=100)
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"))

    def __str__(self) -> str:
        return self.name


class Method(Translated):
    """A way to send a parcel into a zone."""

    translated = ("name", "promise")
    translation_key = ("zone__name", "code")

    zone = models.ForeignKey(
        Zone,
        on_delete=models.CASCADE,
        related_name="methods",
        db_index=False,
    )
    code = models.SlugField(max_length=50)
    name = models.CharField(_("name"), max_length=100)
    promise = models.CharField(_("delivery promise"), max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "code"], name="shipping_method_code_in_zone"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.zone})"


class Rate(models.Model):
    """What a method costs up to a weight, from an order amount on; minor units of the currency."""

    method = models.ForeignKey(
        Method,
        on_delete=models.CASCADE,
        related_name="rates",
        db_index=False,
    )
    currency = models.CharField(_("currency"), max_length=3)
    max_weight_grams = models.PositiveIntegerField(_("up to grams"))
    min_amount_minor = models.BigIntegerField(_("from order amount"), default=0)
    price_minor = models.BigIntegerField(_("price"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["method", "currency", "max_weight_grams", "min_amount_minor"],
                name="shipping_rate_once",
            ),
            models.CheckConstraint(
                condition=Q(price_minor__gte=0), name="shipping_rate_not_negative"
            ),
        ]

    def __str__(self) -> str:
        price = Money(self.price_minor, self.currency)
        return f"{self.method}: {price} ≤ {self.max_weight_grams} g"


class Shipment(TimeStampedModel):
    """Goods of one order that travel together. `due_at` is the day on which they are given up."""

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        related_name="shipments",
        db_index=False,
    )
    position = models.PositiveSmallIntegerField(_("position"))
    number = models.CharField(_("number"), max_length=25, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=STATUS_LABELS)
    version = models.PositiveIntegerField(default=1)
    warehouse = models.CharField(_("warehouse"), max_length=50)
    carrier = models.CharField(_("carrier"), max_length=50, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    tracking_url = models.CharField(_("tracking page"), max_length=500, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    requested_at = models.DateTimeField(_("requested"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="shipping_shipment_position_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in ShipmentStatus]),
                name="shipping_shipment_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["shipped", "delivered"]) | Q(shipped_at__isnull=False),
                name="shipping_shipment_left_before_it_arrived",
            ),
            models.CheckConstraint(
                condition=~Q(status="delivered") | Q(delivered_at__isnull=False),
                name="shipping_shipment_delivered_has_delivered_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="shipping_shipment_due",
                condition=Q(status__in=sorted(status.value for status in OPEN)),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """Units of an order line in a shipment."""

    shipment = models.ForeignKey(
        Shipment,
        on_delete=models.CASCADE,
        related_name="lines",
        db_index=False,
    )
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="shipment_lines"
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "order_line"], name="shipping_line_once_per_shipment"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipping_line_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.sku}"


class FulfilmentCallback(models.Model):
    """What fulfilment told, once per id, and what became of it."""

    id = models.UUIDField(primary_key=True, editable=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="callbacks")
    status = models.CharField(_("status told"), max_length=10)
    verdict = models.CharField(_("outcome"), max_length=10, choices=VERDICT_LABELS)
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    payload = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=[one.value for one in Verdict]),
                name="shipping_fulfilmentcallback_verdict_known",
            ),
        ]
        indexes = [models.Index(fields=["-received_at"], name="shipping_callback_newest")]

    def __str__(self) -> str:
        return f"{self.status}: {self.verdict}"
