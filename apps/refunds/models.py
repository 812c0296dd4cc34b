"""What goes back: returns against order lines, and credits that stand alone. Minor units."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel
from apps.core.types import Money
from apps.orders.models import Order, OrderLine


class Refund(TimeStampedModel):
    """An approved refund. `reference` is whatever it was asked under, so that it is granted once."""

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    reference = models.CharField(_("reference"), max_length=64, unique=True)
    party = models.CharField(_("customer"), max_length=254, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="refunds_refund_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} back: {self.reason}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class RefundLine(models.Model):
    """How many units of an order line came back, and for how much."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="refund_lines"
    )
    sku = models.CharField(_("SKU"), max_length=64)
    quantity = models.PositiveIntegerField(_("quantity"))
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refunds_line_of_something"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="refunds_line_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
