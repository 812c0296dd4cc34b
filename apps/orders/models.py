"""Sales. Prices and addresses are copied when an order is placed and never computed again."""

from decimal import Decimal

import msgspec
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import TimeStampedModel
from apps.core.types import Address, Localization, Money
from apps.orders.types import OrderStatus
from apps.pricing.models import AdjustmentColumns

STATUS_LABELS = (
    (OrderStatus.PLACED.value, _("placed")),
    (OrderStatus.AWAITING_PAYMENT.value, _("awaiting payment")),
    (OrderStatus.AWAITING_APPROVAL.value, _("awaiting approval")),
    (OrderStatus.PAID.value, _("paid")),
    (OrderStatus.COMPLETED.value, _("completed")),
    (OrderStatus.REJECTED.value, _("rejected")),
    (OrderStatus.CANCELLED.value, _("cancelled")),
)


class Order(TimeStampedModel):
    """One accepted quote: a sale, or the record of why it could not become one. Minor units."""

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    status = models.CharField(_("status"), max_length=20, choices=STATUS_LABELS)
    reason = models.CharField(_("reason"), max_length=50, blank=True)
    reason_details = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    channel = models.CharField(_("channel"), max_length=20)
    customer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
    )
    email = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=10)
    market = models.CharField(_("market"), max_length=10)
    currency = models.CharField(_("currency"), max_length=3)
    tax_included = models.BooleanField()
    lines_minor = models.BigIntegerField()
    shipping_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    adjustments_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    address = models.JSONField(_("address"))
    shipping_method = models.CharField(max_length=50)
    shipping_name = models.CharField(_("shipping method"), max_length=100)
    # Unknown of what was accepted before it was kept, and of what was imported.
    shipping_tax_rate = models.DecimalField(max_digits=6, decimal_places=5, null=True, blank=True)
    cart_id = models.UUIDField(null=True, blank=True)
    cart_version = models.PositiveIntegerField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64)
    accepted_at = models.DateTimeField(_("accepted"))
    pay_by = models.DateTimeField(_("to be paid by"), null=True, blank=True)
    action_url = models.CharField(max_length=500, blank=True)
    approve_by = models.DateTimeField(_("to be approved by"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    # A guest wants to be forgotten; of a customer the account says so.
    erasure_asked_at = models.DateTimeField(_("erasure asked for"), null=True, blank=True)
    # Nothing here tells any more whose it was and where it went.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        permissions = [("approve_order", _("Can approve orders above the limit"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in OrderStatus]),
                name="orders_order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("lines_minor")
                    + F("shipping_minor")
                    + F("tax_minor")
                    + F("adjustments_minor")
                ),
                name="orders_order_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0), name="orders_order_total_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["paid", "completed"]) | Q(paid_at__isnull=False),
                name="orders_order_paid_has_paid_at",
            ),
            models.UniqueConstraint(
                fields=["cart_id", "cart_version"],
                condition=~Q(status__in=["rejected", "cancelled"]),
                name="orders_order_one_per_cart_version",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-accepted_at"], name="orders_order_by_customer"),
            models.Index(fields=["-accepted_at", "-id"], name="orders_order_newest"),
            # As `iexact` asks for it.
            models.Index(Upper("email"), name="orders_order_by_email"),
            models.Index(
                fields=["pay_by"],
                name="orders_order_unpaid",
                condition=Q(status="awaiting_payment"),
            ),
            models.Index(
                fields=["approve_by"],
                name="orders_order_unapproved",
                condition=Q(status="awaiting_approval"),
            ),
            models.Index(
                fields=["created_at"],
                name="orders_order_unfinished",
                condition=Q(status="placed"),
            ),
            models.Index(
                fields=["id"], name="orders_order_erased", condition=Q(erased_at__isnull=False)
            ),
            models.Index(
                fields=["id"],
                name="orders_order_to_erase",
                condition=Q(erasure_asked_at__isnull=False, erased_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def localization(self) -> Localization:
        """In which market and language its shopper reads of it."""
        return Localization(market=self.market, language=self.language)

    @property
    def total(self) -> Money:
        """What the shopper pays, tax and adjustments included."""
        return Money(self.total_minor, self.currency)

    @property
    def tax(self) -> Money:
        """The tax that the total contains, of goods and shipping."""
        return Money(self.tax_minor, self.currency)

    @property
    def ship_to(self) -> Address:
        """Where it goes, or went; all empty once it is erased."""
        if self.erased_at:
            return Address(name="", line1="", city="", country="")
        return msgspec.convert(self.address, Address)


class OrderLine(models.Model):
    """What was sold at which price: those of a unit in major units, the rest in minor units per line.

    `list_price` is before anything, `unit_price` what a unit cost; `paid_minor` is the amount with the
    line's adjustments, `tax_minor` the tax of that.
    """

    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        related_name="lines",
        db_index=False,
    )
    position = models.PositiveIntegerField()
    sku = models.CharField(_("SKU"), max_length=64)
    title = models.CharField(_("item"), max_length=200)
    options = models.CharField(max_length=200, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    list_price = models.DecimalField(_("list price"), max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=6, decimal_places=5, default=Decimal(0))
    stocked = models.BooleanField(default=True)
    shipped_quantity = models.PositiveIntegerField(_("shipped"), default=0, db_default=0)
    cancelled_quantity = models.PositiveIntegerField(_("cancelled"), default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="orders_line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_line_of_something"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0)
                & Q(tax_minor__gte=0)
                & Q(paid_minor__gte=0)
                & Q(list_price__gte=0),
                name="orders_line_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped_quantity") + F("cancelled_quantity")),
                name="orders_line_ships_no_more_than_sold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def amount(self) -> Money:
        """What the line comes to before its adjustments; tax as the market says."""
        return Money(self.amount_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What is paid for the line, its adjustments included; tax as the market says."""
        return Money(self.paid_minor, self.currency)

    @property
    def adjustments(self) -> "list[OrderAdjustment]":
        """What changed the line's price; it asks nothing where its order's are known."""
        return [one for one in self.order.adjustments.all() if one.line_id == self.pk]


class OrderAdjustment(AdjustmentColumns):
    """A part of an adjustment that a line bears; without a line, the shipping does."""

    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        related_name="adjustments",
        db_index=False,
    )
    line = models.ForeignKey(
        OrderLine,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        null=True,
        blank=True,
    )

    class Meta(AdjustmentColumns.Meta):
        constraints = [
            *AdjustmentColumns.Meta.constraints,
            models.UniqueConstraint(
                fields=["order", "position"], name="orders_adjustment_position_once"
            ),
        ]


class PlacementConflict(models.Model):
    """A second placement of a quote with another body: the first one won, this one is on record."""

    order = models.ForeignKey(
        Order,
        on_delete=models.CASCADE,
        related_name="conflicts",
        db_index=False,
    )
    fingerprint = models.CharField(max_length=64)
    gateway = models.CharField(_("ways to pay"), max_length=100)
    accepted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "fingerprint"], name="orders_conflict_recorded_once"
            ),
        ]

    def __str__(self) -> str:
        return f"conflict on {self.order_id}"


class MissingOrder(models.Model):
    """An order that was accepted and is nowhere: no sale, no rejection, no dead letter. Its id is the
    order's, so that its status page can be found; who ordered is not known here. Until it is `noticed`
    it is only looked for.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(_("number"), max_length=20)
    accepted_at = models.DateTimeField(_("accepted"))
    looked_at = models.DateTimeField(_("looked for"))
    noticed_at = models.DateTimeField(_("missed"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.BigIntegerField(_("by"), null=True, blank=True)

    class Meta:
        verbose_name = _("missing order")
        verbose_name_plural = _("missing orders")
        indexes = [
            models.Index(
                fields=["accepted_at"],
                name="orders_missing_open",
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number
