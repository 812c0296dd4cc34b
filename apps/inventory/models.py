"""How many and where: what is on hand, what is promised, and every movement that explains the number."""

from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.catalog.models import Variant


class Warehouse(models.Model):
    """A house that goods leave from; of those that serve an order equally well the lowest number goes first."""

    code = models.SlugField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=100)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$")],
        help_text=_("Two capital letters (ISO 3166); orders to this country are served from here."),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=0, help_text=_("The lowest number goes first.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("New orders are promised from active houses only.")
    )

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")

    def __str__(self) -> str:
        return self.name


class StockPolicy(models.Model):
    """What a variant's stock may and must do; a variant without one does and says nothing."""

    variant = models.OneToOneField(
        Variant,
        on_delete=models.CASCADE,
        related_name="stock_policy",
        to_field="sku",
        db_column="sku",
        verbose_name=_("variant"),
    )
    backorder_limit = models.PositiveIntegerField(
        _("back-orders up to"),
        null=True,
        blank=True,
        help_text=_("Units that may be promised beyond what is in the house. Empty: none."),
    )
    low_stock_at = models.PositiveIntegerField(
        _("low stock at"),
        null=True,
        blank=True,
        help_text=_("Announced when the free units fall to this number. Empty: never."),
    )

    class Meta:
        verbose_name = _("stock policy")
        verbose_name_plural = _("stock policies")

    def __str__(self) -> str:
        return self.variant_id


class StockLevel(models.Model):
    """Units of a variant in one house, how many of them are promised, and what is owed beyond them."""

    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="levels", verbose_name=_("warehouse")
    )
    variant = models.ForeignKey(
        Variant,
        on_delete=models.PROTECT,
        related_name="stock_levels",
        to_field="sku",
        db_column="sku",
        verbose_name=_("variant"),
        db_index=False,
    )
    on_hand = models.IntegerField(_("on hand"), default=0)
    reserved = models.IntegerField(_("reserved"), default=0)
    backordered = models.IntegerField(_("back-ordered"), default=0, db_default=0)
    reported_at = models.DateTimeField(_("last reported"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "warehouse"], name="inventory_stocklevel_one_per_warehouse"
            ),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0), name="inventory_on_hand_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0), name="inventory_reserved_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")), name="inventory_reserved_is_on_hand"
            ),
            models.CheckConstraint(
                condition=Q(backordered__gte=0), name="inventory_backordered_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.on_hand - self.reserved} of {self.on_hand} free"


class Reservation(models.Model):
    """Units promised to one order from one house. Without an expiry the promise stands until they leave.

    `backordered` of them are not in the house yet, `shipped` have left it.
    """

    reference = models.UUIDField(_("order"))
    sku = models.CharField(_("SKU"), max_length=64)
    warehouse = models.ForeignKey(
        Warehouse,
        on_delete=models.PROTECT,
        related_name="reservations",
        verbose_name=_("warehouse"),
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    backordered = models.PositiveIntegerField(_("back-ordered"), default=0, db_default=0)
    shipped = models.PositiveIntegerField(_("shipped"), default=0, db_default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "sku", "warehouse"],
                condition=Q(released_at=None),
                name="inventory_reservation_open_once_per_order",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="inventory_reservation_of_something"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped") + F("backordered")),
                name="inventory_reservation_parts_within_quantity",
            ),
        ]
        indexes = [
            models.Index(fields=["reference"], name="inventory_reservation_by_order"),
            models.Index(
                fields=["expires_at"],
                name="inventory_reservation_expiring",
                condition=Q(released_at__isnull=True, expires_at__isnull=False),
            ),
            models.Index(
                fields=["sku", "warehouse"],
                name="inventory_reservation_open",
                condition=Q(released_at__isnull=True),
            ),
            # Rows come in the order of time: a block range index of a few pages finds the last hour's.
            BrinIndex(fields=["created_at"], name="inventory_reservation_by_time"),
            BrinIndex(fields=["released_at"], name="inventory_reservation_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku} for {self.reference}"


class MovementReason(models.TextChoices):
    OPENING = "opening", _("opening stock")
    RECEIVED = "received", _("goods received")
    RETURNED = "returned", _("returned by a customer")
    SHIPPED = "shipped", _("shipped")
    COUNTED = "counted", _("stock count")
    WRITTEN_OFF = "written_off", _("written off")
    REPORTED = "reported", _("reported by a partner")


class Movement(models.Model):
    """One change of the units on hand; the sum of a SKU's movements in a house is its level there."""

    sku = models.CharField(_("SKU"), max_length=64)
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="movements", verbose_name=_("warehouse")
    )
    quantity = models.IntegerField(_("change"))
    reason = models.CharField(_("reason"), max_length=20, choices=MovementReason.choices)
    # What it was booked for, and where that is of many SKUs, of which.
    reference = models.CharField(_("reference"), max_length=130, blank=True)
    actor = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=MovementReason.values),
                name="inventory_movement_reason_known",
            ),
            models.UniqueConstraint(
                fields=["sku", "warehouse", "reason", "reference"],
                condition=~Q(reference=""),
                name="inventory_movement_once_per_reference",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reference"],
                name="inventory_movement_reference",
                condition=~Q(reference=""),
            ),
            models.Index(fields=["sku", "warehouse"], name="inventory_movement_by_level"),
            BrinIndex(fields=["created_at"], name="inventory_movement_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+} × {self.sku}"


class DriftFigure(models.TextChoices):
    ON_HAND = "on_hand", _("on hand")
    RESERVED = "reserved", _("reserved")
    BACKORDERED = "backordered", _("back-ordered")


class StockDrift(models.Model):
    """A figure of a level that its movements or promises do not explain; found by the nightly recount."""

    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="drifts", verbose_name=_("warehouse")
    )
    sku = models.CharField(_("SKU"), max_length=64)
    figure = models.CharField(_("figure"), max_length=20, choices=DriftFigure.choices)
    recorded = models.BigIntegerField(_("recorded"))
    computed = models.BigIntegerField(_("computed"))
    found_at = models.DateTimeField(_("found"))
    seen_at = models.DateTimeField(_("last seen"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("stock drift")
        verbose_name_plural = _("stock drifts")
        constraints = [
            models.CheckConstraint(
                condition=Q(figure__in=DriftFigure.values), name="inventory_stockdrift_figure_known"
            ),
            models.UniqueConstraint(
                fields=["sku", "warehouse", "figure"],
                condition=Q(settled_at=None),
                name="inventory_stockdrift_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku}: {self.figure} {self.recorded}, not {self.computed}"
