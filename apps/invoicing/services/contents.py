"""What a document says, copied from the order and the refund as they are when it is issued."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django_countries import countries

from apps.core.rules import spread
from apps.core.selectors import day_of
from apps.invoicing import rules
from apps.invoicing.models import Document
from apps.invoicing.types import (
    DocumentAdjustment,
    DocumentContent,
    DocumentLine,
    Party,
    TaxLine,
)
from apps.orders.models import Order, OrderAdjustment, OrderLine
from apps.payments.selectors import list_credit_invoices
from apps.pricing.selectors import seller_of, summed_up, why_untaxed
from apps.refunds.models import Refund, RefundAdjustment, RefundLine
from apps.refunds.selectors import line_totals, shipping_tax


def content_of_invoice(order: Order) -> DocumentContent:
    """All that an invoice must say (Directive 2006/112/EC, Art. 226), in the order's language."""
    with translation.override(order.language):
        lines = _lines_of(order)
        return DocumentContent(
            seller=_seller(order),
            buyer=_buyer(order),
            lines=lines,
            taxes=rules.tax_lines(lines),
            order_number=order.number,
            ordered_on=day_of(order.accepted_at).isoformat(),
            untaxed=_why_untaxed(order),
            **_terms(order),
        )


def content_of_credit_note(order: Order, *, refund: Refund, invoice: Document) -> DocumentContent:
    """What goes back, at the rates of the invoice that it refers to (Art. 219)."""
    with translation.override(order.language):
        lines = (
            *(
                _line_back(line, adjustments=refund.adjustments.all())
                for line in refund.lines.all()
            ),
            *_shipping_back(order, refund=refund),
            *_goodwill_back(refund, taxes=invoice.says.taxes),
        )
        return DocumentContent(
            seller=_seller(order),
            buyer=_buyer(order),
            lines=lines,
            taxes=rules.tax_lines(lines),
            order_number=order.number,
            ordered_on=day_of(order.accepted_at).isoformat(),
            untaxed=_why_untaxed(order),
            **_terms(order),
            invoice=invoice.label,
            invoiced_on=day_of(invoice.issued_at).isoformat(),
        )


def _terms(order: Order) -> dict[str, Any]:
    """When the order was paid; on account: what of it, by when the rest is to be, and the buyer's numbers for it."""
    owed = list_credit_invoices(order.pk)
    days = [entry.due_on for entry in owed if entry.due_on]
    if not days:
        return {"paid_on": day_of(order.paid_at).isoformat() if order.paid_at else ""}
    return {
        "paid_on": "",
        "due_on": min(days).isoformat(),
        "purchase_order": ", ".join(dict.fromkeys(entry.purchase_order for entry in owed)),
        "paid_minor": order.total_minor - sum(entry.amount_minor for entry in owed),
    }


def _why_untaxed(order: Order) -> str:
    """Why an order bears no VAT (Art. 226(11)); empty where it bears some, or where none is due at 0 %."""
    address = order.ship_to
    why = why_untaxed(country=address.country, postcode=address.postcode)
    if why is None or order.tax_minor:
        return ""
    place, law = why
    words = _("No VAT is charged: the goods go to %(place)s, outside the VAT area (%(law)s).")
    return words % {"place": place, "law": law}


def _seller(order: Order) -> Party:
    seller = seller_of(getattr(order, "seller_facts", None))
    return Party(
        name=seller.name,
        lines=seller.address,
        vat_id=seller.vat_id,
        email=seller.email,
    )


def _buyer(order: Order) -> Party:
    address = order.ship_to
    town = f"{address.postcode} {address.city}".strip()
    lines = (
        address.line1,
        address.line2,
        town,
        address.region,
        str(countries.name(address.country)),
    )
    named = (address.name, *lines) if address.company else lines
    return Party(
        name=address.company or address.name,
        lines=tuple(line for line in named if line),
        email=order.email,
    )


def _lines_of(order: Order) -> tuple[DocumentLine, ...]:
    sold = list(order.lines.order_by("position"))
    parts = list(order.adjustments.order_by("position"))
    lines = [
        DocumentLine(
            title=line.title,
            quantity=line.quantity,
            total_minor=total,
            tax_minor=line.tax_minor,
            rate=rules.rate_text(line.tax_rate),
            sku=line.sku,
            options=line.options,
            adjustments=_adjustments_of(line.pk, among=parts),
        )
        for line, total in zip(sold, line_totals(order, sold), strict=True)
    ]
    postage = order.total_minor - sum(line.total_minor for line in lines)
    if postage:
        tax = order.tax_minor - sum(line.tax_minor for line in lines)
        own = _adjustments_of(None, among=parts)
        lines.append(
            _shipping_line(order, sold, total_minor=postage, tax_minor=tax, adjustments=own)
        )
    return tuple(lines)


def _adjustments_of(
    line_id: int | None, *, among: Iterable[OrderAdjustment | RefundAdjustment]
) -> tuple[DocumentAdjustment, ...]:
    """What a line, or the shipping, bears of adjustments, each under its label."""
    own = summed_up(one.stands_for for one in among if one.line_id == line_id)
    return tuple(DocumentAdjustment(label=one.label, amount_minor=one.amount_minor) for one in own)


def _shipping_line(
    order: Order,
    sold: Sequence[OrderLine],
    *,
    total_minor: int,
    tax_minor: int,
    adjustments: tuple[DocumentAdjustment, ...] = (),
) -> DocumentLine:
    rate = order.shipping_tax_rate
    if rate is None:
        rate = rules.nearest_rate(
            net_minor=total_minor - tax_minor,
            tax_minor=tax_minor,
            known={line.tax_rate for line in sold},
        )
    return DocumentLine(
        title=_("Shipping: %s") % order.shipping_name,
        quantity=1,
        total_minor=total_minor,
        tax_minor=tax_minor,
        rate=rules.rate_text(rate),
        adjustments=adjustments,
    )


def _line_back(line: RefundLine, *, adjustments: Iterable[RefundAdjustment]) -> DocumentLine:
    sold = line.order_line
    assert sold
    return DocumentLine(
        title=sold.title,
        quantity=line.quantity,
        total_minor=line.amount_minor,
        tax_minor=line.tax_minor,
        rate=rules.rate_text(sold.tax_rate),
        sku=line.sku,
        options=sold.options,
        adjustments=_adjustments_of(line.pk, among=adjustments),
    )


def _shipping_back(order: Order, *, refund: Refund) -> list[DocumentLine]:
    if not refund.shipping_minor:
        return []
    tax = shipping_tax(order, amount_minor=refund.shipping_minor, before=refund.pk)
    sold = list(order.lines.all())
    return [_shipping_line(order, sold, total_minor=refund.shipping_minor, tax_minor=tax)]


def _goodwill_back(refund: Refund, *, taxes: Sequence[TaxLine]) -> list[DocumentLine]:
    """A price reduction lowers what each rate taxes, in proportion (Directive 2006/112/EC, Art. 90)."""
    given = sum(one.amount_minor for one in refund.adjustments.all() if one.line_id is None)
    parts = spread(amount_minor=given, weights=[tax.total_minor for tax in taxes])
    return [
        DocumentLine(
            title=_("Price reduction"),
            quantity=1,
            total_minor=part,
            tax_minor=rules.tax_in(
                total_minor=part, rate=Decimal(tax.rate), currency=refund.currency
            ),
            rate=tax.rate,
        )
        for part, tax in zip(parts, taxes, strict=True)
        if part
    ]
