"""What a shopper means to buy. Carts hold no prices and reserve nothing."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.catalog.models import Variant
from apps.core.models import TimeStampedModel

MAX_QUANTITY = 9_999


class CartStatus(models.TextChoices):
    OPEN = "open", _("open")
    ORDERED = "ordered", _("ordered")
    MERGED = "merged", _("merged")


class Cart(TimeStampedModel):
    """Belongs to a customer, or to whoever holds the secret whose digest it keeps."""

    id = models.UUIDField(primary_key=True, editable=False)
    customer = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="carts"
    )
    holder_digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=CartStatus.choices, default=CartStatus.OPEN
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(status="open"),
                name="cart_cart_one_open_per_customer",
            ),
            models.UniqueConstraint(
                fields=["holder_digest"],
                condition=Q(status="open", customer__isnull=True),
                name="cart_cart_one_open_per_guest",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CartStatus.values), name="cart_cart_status_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CartLine(TimeStampedModel):
    """One variant and how many of it."""

    cart = models.ForeignKey(
        Cart,
        on_delete=models.CASCADE,
        related_name="lines",
        db_index=False,
    )
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="+", to_field="sku", db_column="sku"
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_line_once_per_variant"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="cart_line_quantity_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"


class CartAddition(models.Model):
    """What was added under which key of its sender, so that a repeat adds nothing; kept for a day."""

    cart = models.ForeignKey(
        Cart,
        on_delete=models.CASCADE,
        related_name="additions",
        db_index=False,
    )
    key_digest = models.CharField(max_length=64)
    sku = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "key_digest"], name="cart_addition_once_per_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
