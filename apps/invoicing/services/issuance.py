"""A document takes its number in the transaction that issues it: no transaction, no number, no gap."""

from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from apps.core.models import new_id
from apps.core.selectors import day_of
from apps.invoicing import rules
from apps.invoicing.models import Document
from apps.invoicing.selectors import find_invoice
from apps.invoicing.services.contents import content_of_credit_note, content_of_invoice
from apps.invoicing.types import DocumentContent, DocumentKind
from apps.orders.models import Order
from apps.orders.types import Channel
from apps.pricing.selectors import own_sellers
from apps.refunds.models import Refund

# One statement: the row is made, or locked and raised, and whoever comes meanwhile waits for it.
_TAKE_NUMBER = """
INSERT INTO invoicing_series (code, next_number) VALUES (%s, 2)
ON CONFLICT (code) DO UPDATE SET next_number = invoicing_series.next_number + 1
RETURNING next_number - 1
"""


@transaction.atomic
def issue_invoice(*, order_id: UUID) -> Document | None:
    """Issue the invoice of a paid order, once; None for one that another service has invoiced."""
    order = _lock(order_id)
    return _invoice(order)


@transaction.atomic
def issue_credit_note(*, refund_id: UUID) -> Document | None:
    """Issue the credit note of a refund, once, and before it the invoice that it corrects.

    Source: Directive 2006/112/EC, Art. 219. None where there is no invoice or no money.
    """
    order_id = Refund.objects.values_list("order", flat=True).get(pk=refund_id)
    if order_id is None:
        return None
    order = _lock(order_id)
    refund = Refund.objects.prefetch_related("lines__order_line", "adjustments").get(pk=refund_id)
    if issued := Document.objects.filter(refund=refund).first():
        return issued
    invoice = _invoice(order)
    if invoice is None or not refund.amount_minor:
        return None
    content = content_of_credit_note(order, refund=refund, invoice=invoice)
    return _issue(
        order,
        kind=DocumentKind.CREDIT_NOTE,
        content=content,
        refund=refund,
        corrects=invoice,
    )


def _lock(order_id: UUID) -> Order:
    """The order, locked, with `seller_facts`: those of its market's own seller, in the same statement."""
    sold = Order.objects.annotate(seller_facts=Subquery(own_sellers(OuterRef("market"))))
    return sold.select_for_update(of=("self",)).get(pk=order_id)


def _invoice(order: Order) -> Document | None:
    if order.channel == Channel.IMPORT or order.paid_at is None:
        return None
    return find_invoice(order.pk) or _issue(
        order, kind=DocumentKind.INVOICE, content=content_of_invoice(order)
    )


def _issue(
    order: Order, *, kind: DocumentKind, content: DocumentContent, **relations: Any
) -> Document:
    now = timezone.now()
    series, number = _take_number(rules.series_of(kind=kind, year=day_of(now).year))
    return Document.objects.create(
        id=new_id(),
        kind=kind,
        series_id=series,
        number=number,
        label=rules.label_of(series=series, number=number),
        order=order,
        currency=order.currency,
        total_minor=content.total_minor,
        tax_minor=content.tax_minor,
        language=order.language if order.language in dict(settings.LANGUAGES) else "en",
        content=msgspec.to_builtins(content),
        issued_at=now,
        **relations,
    )


def _take_number(code: str) -> tuple[str, int]:
    """The next number of a series; its row stays locked until the transaction ends, either way."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_NUMBER, [code])
        (number,) = cursor.fetchone()
    return code, number
