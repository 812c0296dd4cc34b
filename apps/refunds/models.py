"""What goes back: requests, the refunds that were granted, and credits that stand alone. Minor units."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel
from apps.core.types import Money
from apps.orders.models import Order, OrderLine
from apps.pricing.models import AdjustmentColumns
from apps.refunds.types import RefundKind, RefundState, Requester, RequestState, ReturnReason

REASON_LABELS = (
    (ReturnReason.UNWANTED.value, _("I changed my mind")),
    (ReturnReason.DAMAGED.value, _("it is damaged or broken")),
    (ReturnReason.WRONG_ITEM.value, _("it is not what I ordered")),
    (ReturnReason.NOT_AS_DESCRIBED.value, _("it is not as described")),
    (ReturnReason.TOO_LATE.value, _("it came too late")),
    (ReturnReason.OTHER.value, _("another reason")),
)
_REQUESTERS = (
    (Requester.CUSTOMER.value, _("customer")),
    (Requester.STAFF.value, _("staff")),
)
_REQUEST_STATES = (
    (RequestState.REQUESTED.value, _("requested")),
    (RequestState.APPROVED.value, _("approved")),
    (RequestState.REFUSED.value, _("refused")),
)
_KINDS = (
    (RefundKind.RETURN.value, _("return")),
    (RefundKind.CANCELLATION.value, _("cancellation")),
    (RefundKind.GOODWILL.value, _("goodwill")),
    (RefundKind.CREDIT.value, _("credit without a sale")),
)
_STATES = (
    (RefundState.APPROVED.value, _("approved")),
    (RefundState.PAID.value, _("paid")),
    (RefundState.FAILED.value, _("failed")),
)


class RefundRequest(TimeStampedModel):
    """Somebody wants goods of an order to go back; decided once, by a member of staff.

    `actor_id` is the account of whoever asked; a guest who holds the order's key has none.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refund_requests")
    requested_by = models.CharField(_("requested by"), max_length=10, choices=_REQUESTERS)
    actor_id = models.BigIntegerField(_("requester's account"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=_REQUEST_STATES)
    reason = models.CharField(_("reason"), max_length=20, choices=REASON_LABELS)
    text = models.TextField(_("in their words"), blank=True, max_length=2000)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.BigIntegerField(_("decided by"), null=True, blank=True)
    refusal_reason = models.TextField(_("why it was refused"), blank=True, max_length=1000)

    class Meta:
        verbose_name = _("refund request")
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=[one.value for one in ReturnReason]),
                name="refunds_refundrequest_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RequestState]),
                name="refunds_refundrequest_state_known",
            ),
            models.CheckConstraint(
                condition=Q(requested_by__in=[one.value for one in Requester]),
                name="refunds_refundrequest_requester_known",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True, decided_by__isnull=True)
                | Q(
                    state__in=["approved", "refused"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="refunds_refundrequest_decision_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal_reason=""),
                name="refunds_refundrequest_refused_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="refunds_request_undecided",
                condition=Q(state="requested"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_state_display()}"


class RefundRequestLine(models.Model):
    """How many units of an order line somebody wants to send back, and what was decided."""

    request = models.ForeignKey(
        RefundRequest,
        on_delete=models.CASCADE,
        related_name="lines",
        db_index=False,
    )
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="refund_request_lines"
    )
    quantity = models.PositiveIntegerField(_("quantity asked"))
    reason = models.CharField(_("reason"), max_length=20, choices=REASON_LABELS)
    approved_quantity = models.PositiveIntegerField(_("quantity approved"), null=True, blank=True)
    restock = models.BooleanField(_("back on the shelf"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=[one.value for one in ReturnReason]),
                name="refunds_refundrequestline_reason_known",
            ),
            models.UniqueConstraint(
                fields=["request", "order_line"], name="refunds_requestline_once_per_line"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="refunds_requestline_of_something"
            ),
            models.CheckConstraint(
                condition=Q(approved_quantity__isnull=True)
                | Q(approved_quantity__lte=F("quantity")),
                name="refunds_requestline_approved_within_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.sku}"


class RefundPicture(models.Model):
    """What a customer photographed; `name` is its place in the private storage `documents`."""

    request = models.ForeignKey(
        RefundRequest,
        on_delete=models.CASCADE,
        related_name="pictures",
        db_index=False,
    )
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "position"], name="refunds_picture_position_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Refund(TimeStampedModel):
    """A granted refund. `reference` is whatever it was asked under, so that it is granted once.

    Amounts contain the tax: of the goods and the shipping what was paid for them, and the adjustments to
    that, signed. `attempt` counts how often the gateway was asked anew after a refusal;
    `paid_note` says how the money went if it was not through the gateway.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    request = models.OneToOneField(
        RefundRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="refund"
    )
    reference = models.CharField(_("reference"), max_length=64, unique=True)
    kind = models.CharField(
        _("kind"), max_length=12, choices=_KINDS, default="return", db_default="return"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=_STATES, default="approved", db_default="approved"
    )
    party = models.CharField(_("customer"), max_length=254, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount"))
    lines_minor = models.BigIntegerField(_("goods"), default=0, db_default=0)
    shipping_minor = models.BigIntegerField(_("shipping"), default=0, db_default=0)
    adjustments_minor = models.BigIntegerField(_("adjustments"), default=0, db_default=0)
    reason = models.CharField(_("reason"), max_length=200)
    granted_by = models.BigIntegerField(_("granted by"), null=True, blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=1, db_default=1)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    paid_note = models.CharField(
        _("paid by other means"), max_length=200, default="", db_default=""
    )
    failure = models.CharField(_("why it failed"), max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in RefundKind]),
                name="refunds_refund_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="refunds_refund_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_minor=F("lines_minor") + F("shipping_minor") + F("adjustments_minor")
                ),
                name="refunds_refund_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(lines_minor__gte=0, shipping_minor__gte=0),
                name="refunds_refund_parts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RefundState]),
                name="refunds_refund_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(paid_at__isnull=False),
                name="refunds_refund_paid_has_paid_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}: {self.get_kind_display()}"

    @property
    def amount(self) -> Money:
        """What goes back in all: goods, shipping and adjustments, tax included."""
        return Money(self.amount_minor, self.currency)

    @property
    def awaits_goods(self) -> bool:
        """Whether goods may still be on their way here: they were sent, and are not on our shelf."""
        return self.kind == RefundKind.RETURN and any(
            line.order_line and line.order_line.shipped_quantity and not line.is_restocked
            for line in self.lines.all()
        )


class RefundLine(models.Model):
    """How many units of an order line came back, for how much, and how much tax is in that.

    `paid_minor` is what was paid for them, tax included; adjustments of the line explain the difference.
    """

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="refund_lines"
    )
    sku = models.CharField(_("SKU"), max_length=64)
    quantity = models.PositiveIntegerField(_("quantity"))
    currency = models.CharField(_("currency"), max_length=3)
    paid_minor = models.BigIntegerField(_("paid for them"))
    amount_minor = models.BigIntegerField(_("amount"))
    tax_minor = models.BigIntegerField(_("tax in it"), default=0, db_default=0)
    is_restocked = models.BooleanField(_("back on the shelf"), default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refunds_line_of_something"),
            models.CheckConstraint(
                condition=Q(tax_minor__gte=0) & Q(tax_minor__lte=F("amount_minor")),
                name="refunds_line_tax_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, paid_minor__gte=0),
                name="refunds_line_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def amount(self) -> Money:
        """What goes back for the line's units, tax included."""
        return Money(self.amount_minor, self.currency)


class RefundAdjustment(AdjustmentColumns):
    """Why a refund is not what was paid: of a line, or without one of all of it. Tax included."""

    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, related_name="adjustments", db_index=False
    )
    line = models.ForeignKey(
        RefundLine,
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
                fields=["refund", "position"], name="refunds_adjustment_position_once"
            ),
        ]
