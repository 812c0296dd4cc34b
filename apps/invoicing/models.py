"""Invoices and credit notes: numbered without gaps, and frozen as they were issued. Minor units."""

import msgspec
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.types import Money
from apps.invoicing.types import DocumentContent, DocumentKind
from apps.orders.models import Order
from apps.refunds.models import Refund

_KINDS = (
    (DocumentKind.INVOICE.value, _("invoice")),
    (DocumentKind.CREDIT_NOTE.value, _("credit note")),
)


class Series(models.Model):
    """A run of numbers. Its row is locked by whoever issues, so that a number is taken or not at all."""

    code = models.CharField(_("series"), max_length=20, primary_key=True)
    next_number = models.PositiveIntegerField(_("next number"), default=1)

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(
                condition=Q(next_number__gte=1), name="invoicing_series_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Document(models.Model):
    """An issued document. What it says never changes; `file` is its PDF in the private storage."""

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=_KINDS)
    series = models.ForeignKey(
        Series,
        on_delete=models.PROTECT,
        related_name="documents",
        db_index=False,
    )
    number = models.PositiveIntegerField(_("number in the series"))
    label = models.CharField(_("number"), max_length=30, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="documents")
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="document"
    )
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.BigIntegerField(_("total"))
    tax_minor = models.BigIntegerField(_("tax"))
    language = models.CharField(_("language"), max_length=10)
    content = models.JSONField(_("content"))
    issued_at = models.DateTimeField(_("issued"))
    file = models.CharField(_("file"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in DocumentKind]),
                name="invoicing_document_kind_known",
            ),
            models.UniqueConstraint(
                fields=["series", "number"], name="invoicing_document_number_once"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(kind="invoice"),
                name="invoicing_document_one_invoice_per_order",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", refund__isnull=True, corrects__isnull=True)
                | Q(kind="credit_note", refund__isnull=False, corrects__isnull=False),
                name="invoicing_document_credit_note_corrects",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="invoicing_document_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def total(self) -> Money:
        """What the document comes to, tax included."""
        return Money(self.total_minor, self.currency)

    @property
    def says(self) -> DocumentContent:
        """All that is printed, as it was frozen when the document was issued."""
        return msgspec.convert(self.content, DocumentContent)
