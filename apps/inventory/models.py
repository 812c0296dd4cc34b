"""How many: what is on hand, what is promised, and every movement that explains the number."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Variant


class StockLevel(models.Model):
    """Units of a variant in the house, and how many of them are promised to orders."""

    variant = models.OneToOneField(
        Variant, on_delete=models.PROTECT, related_name="stock", to_field="sku", db_column="sku"
    )
    on_hand = models.IntegerField(_("on hand"), default=0)
    reserved = models.IntegerField(_("reserved"), default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(on_hand__gte=0), name="inventory_on_hand_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0), name="inventory_reserved_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")), name="inventory_reserved_is_on_hand"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.on_hand - self.reserved} of {self.on_hand} free"


class Reservation(models.Model):
    """Units promised to one order. Without an expiry the promise stands until the goods leave."""

    reference = models.UUIDField(_("order"))
    sku = models.CharField(_("SKU"), max_length=64)
    quantity = models.PositiveIntegerField(_("quantity"))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "sku"], name="inventory_reservation_once_per_order"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="inventory_reservation_of_something"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="inventory_reservation_expiring",
                condition=Q(released_at__isnull=True, expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku} for {self.reference}"


class MovementReason(models.TextChoices):
    OPENING = "opening", _("opening stock")
    RECEIVED = "received", _("goods received")
    RETURNED = "returned", _("returned by a customer")
    COUNTED = "counted", _("stock count")
    WRITTEN_OFF = "written_off", _("written off")


class Movement(models.Model):
    """One change of the units on hand; the sum of a SKU's movements is its level."""

    sku = models.CharField(_("SKU"), max_length=64)
    quantity = models.IntegerField(_("change"))
    reason = models.CharField(_("reason"), max_length=20, choices=MovementReason.choices)
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "reason", "reference"],
                condition=~Q(reference=""),
                name="inventory_movement_once_per_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+} × {self.sku}"
