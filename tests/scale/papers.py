"""Mails and documents, as they were sent and issued."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec
from django.utils import translation

from apps.core.selectors import brand, day_of
from apps.invoicing import rules
from apps.invoicing.models import Series
from apps.invoicing.types import DocumentContent, DocumentKind, DocumentLine, Party
from apps.notifications.events import MessageQueued
from apps.notifications.models import Kind
from tests.scale.copying import Ids
from tests.scale.goods import METHOD_NAME, Place
from tests.scale.news import News
from tests.scale.sales import Sale, Sold
from tests.scale.tables import Tables

_SENT = timedelta(seconds=1)


class Papers:
    """Writes mails and documents of sales. Numbers are taken from series that stay locked meanwhile."""

    def __init__(self, *, tables: Tables, ids: Ids, news: News, place: Place) -> None:
        self._tables = tables
        self._ids = ids
        self._news = news
        self._rate = rules.rate_text(place.tax_rate)
        seller = brand().seller
        self._seller = Party(
            name=seller.name,
            lines=seller.address,
            vat_id=seller.vat_id,
            email=seller.email,
        )
        self._series: dict[str, Series] = {}

    def mail(self, sale: Sale, kind: Kind, *, at: datetime, about: str = "") -> None:
        """Keep one mail to the buyer, about the order unless something else is named."""
        message_id = self._ids.at(at)
        subject = f"{_subject(kind)}: {sale.number}"
        text = f"Dear {sale.buyer.address.name},\n\n{subject}.\n\nThank you for buying here.\n"
        self._tables.mails.add(
            *(message_id, kind.value, about or sale.id, sale.buyer.email, subject, text),
            *(f"<p>{text}</p>", at + _SENT, at, at + _SENT),
        )
        self._news.announce(MessageQueued(message_id=message_id), at=at)

    def invoice(self, sale: Sale, *, at: datetime) -> tuple[str, str]:
        """Keep the invoice of a paid order; returns its id and its number as printed."""
        lines = (*map(self._line, sale.lines), *self._postage(sale))
        content = self._content(sale, lines, at=at)
        return self._issue(sale, DocumentKind.INVOICE, content, at=at)

    def credit(
        self,
        sale: Sale,
        *,
        refund_id: str,
        invoice: tuple[str, str],
        back: Sequence[Sold],
        with_postage: bool,
        at: datetime,
    ) -> None:
        """Keep the credit note of a refund of whole lines."""
        lines = (*map(self._line, back), *(self._postage(sale) if with_postage else ()))
        content = msgspec.structs.replace(
            self._content(sale, lines, at=sale.accepted_at),
            invoice=invoice[1],
            invoiced_on=day_of(sale.accepted_at).isoformat(),
        )
        kind = DocumentKind.CREDIT_NOTE
        self._issue(sale, kind, content, at=at, refund_id=refund_id, corrects=invoice[0])

    def close(self) -> None:
        """Write down how far the series were used, in the transaction that locked them."""
        for series in self._series.values():
            series.save(update_fields=["next_number"])
        self._series.clear()

    def _issue(
        self,
        sale: Sale,
        kind: DocumentKind,
        content: DocumentContent,
        *,
        at: datetime,
        refund_id: str | None = None,
        corrects: str | None = None,
    ) -> tuple[str, str]:
        document_id = self._ids.at(at)
        series = self._open(rules.series_of(kind=kind, year=day_of(at).year))
        number = series.next_number
        series.next_number += 1
        label = rules.label_of(series=series.pk, number=number)
        self._tables.documents.add(
            *(document_id, kind.value, series.pk, number, label, sale.id, refund_id, corrects),
            *(content.total_minor, content.tax_minor, msgspec.json.encode(content).decode(), at),
        )
        return document_id, label

    def _open(self, code: str) -> Series:
        if code not in self._series:
            Series.objects.get_or_create(code=code)
            self._series[code] = Series.objects.select_for_update().get(pk=code)
        return self._series[code]

    def _content(
        self, sale: Sale, lines: tuple[DocumentLine, ...], *, at: datetime
    ) -> DocumentContent:
        address = sale.buyer.address
        town = f"{address.postcode} {address.city}"
        return DocumentContent(
            seller=self._seller,
            buyer=Party(
                name=address.name,
                lines=(address.line1, town, address.country),
                email=sale.buyer.email,
            ),
            lines=lines,
            taxes=rules.tax_lines(lines),
            order_number=sale.number,
            ordered_on=day_of(sale.accepted_at).isoformat(),
            paid_on=day_of(at).isoformat(),
        )

    def _line(self, line: Sold) -> DocumentLine:
        return DocumentLine(
            title=line.item.title,
            quantity=line.quantity,
            total_minor=line.total_minor,
            tax_minor=line.tax_minor,
            rate=self._rate,
            sku=line.item.sku,
            options=line.item.options,
        )

    def _postage(self, sale: Sale) -> Iterable[DocumentLine]:
        yield DocumentLine(
            title=f"Shipping: {METHOD_NAME}",
            quantity=1,
            total_minor=sale.postage_minor,
            tax_minor=sale.postage_tax_minor,
            rate=self._rate,
        )


@cache
def _subject(kind: Kind) -> str:
    with translation.override("en"):
        return str(kind.label).capitalize()
