"""Paper: documents drawn as PDF."""

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

from django.utils import formats, translation
from django.utils.translation import gettext as _

from apps.core.selectors import day_of, money_text
from apps.core.types import Money, exponent_of
from apps.invoicing import rules
from apps.invoicing.gateways.fonts import Run, register_fonts, set_out
from apps.invoicing.models import Document
from apps.invoicing.types import DocumentContent, DocumentKind, DocumentLine, Party

_INK, _QUIET, _RULE, _BRAND = "#1c2b2a", "#5c6b69", "#cfd8d5", "#12343b"
_MARGIN = 50
# What the library's frame keeps clear on each side, within the margins.
_PADDING = 6
_WIDTH = 595.27 - 2 * _MARGIN
# What a line of text has room for in the narrowest column that holds names.
_NARROWEST = 0.38 * (_WIDTH - 2 * _PADDING)


def draw(document: Document) -> bytes:
    """The document as PDF on A4, in its language; the same document always gives the same bytes."""
    from reportlab.platypus import SimpleDocTemplate  # only who draws pays for it

    register_fonts()
    paper = io.BytesIO()
    with translation.override(document.language):
        template = SimpleDocTemplate(
            paper,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=48,
            bottomMargin=84,
            invariant=1,
            title=f"{_title(document)} {document.label}",
            author=document.says.seller.name,
            lang=document.language,
        )
        template.build(_story(document), canvasmaker=_numbered_canvas(document))
    return paper.getvalue()


def _title(document: Document) -> str:
    return _("Credit note") if document.kind == DocumentKind.CREDIT_NOTE else _("Invoice")


def _story(document: Document) -> list[Any]:
    from reportlab.platypus import Spacer

    content = document.says
    return [
        _head(document, content),
        Spacer(0, 26),
        _facts(document, content),
        Spacer(0, 22),
        _items(document, content.lines),
        Spacer(0, 14),
        _sums(document, content),
        *([_text(content.untaxed)] if content.untaxed else []),
        Spacer(0, 24),
        *_closing(document, content),
    ]


def _head(document: Document, content: DocumentContent) -> Any:
    shop = [_text(content.seller.name, size=15, strong=True, colour=_BRAND)]
    shop += [_text(line, colour=_QUIET) for line in content.seller.lines]
    title = [
        _text(_title(document), size=22, strong=True, colour=_BRAND, align="right"),
        _text(document.label, size=11, align="right"),
    ]
    return _table([[shop, title]], widths=(0.55, 0.45), style=[])


def _facts(document: Document, content: DocumentContent) -> Any:
    facts = [
        (_("Date"), _day(day_of(document.issued_at).isoformat())),
        (_("Order number"), content.order_number),
        (_("Ordered on"), _day(content.ordered_on)),
        (_("Paid on"), _day(content.paid_on)),
        (_("Your purchase order"), content.purchase_order),
    ]
    if content.invoice:
        facts.insert(1, (_("Corrects invoice"), content.invoice))
        facts.insert(2, (_("Invoice of"), _day(content.invoiced_on)))
    else:
        facts.append((_("Please pay by"), _day(content.due_on)))
    rows = [
        [_text(label, colour=_QUIET), _text(value, align="right")]
        for label, value in facts
        if value
    ]
    right = _table(rows, widths=(0.22, 0.23), style=[("BOTTOMPADDING", (0, 0), (-1, -1), 1)])
    return _table([[_party(content.buyer), right]], widths=(0.55, 0.45), style=[])


def _party(party: Party) -> list[Any]:
    words = [_text(_("Billed to"), size=8.5, colour=_QUIET)]
    words.append(_text(party.name, strong=True))
    words += [_text(line) for line in party.lines]
    if party.vat_id:
        words.append(_text(party.vat_id))
    return words


def _items(document: Document, lines: Sequence[DocumentLine]) -> Any:
    heads = (_("Item"), _("Quantity"), _("Unit price, net"), _("VAT"), _("Net"), _("Total"))
    rows = [
        [
            _text(head, size=8.5, colour=_QUIET, align="right" if column else "left")
            for column, head in enumerate(heads)
        ]
    ]
    rows += [_item(document, line) for line in lines]
    style = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, _RULE),
        ("TOPPADDING", (0, 1), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return _table(rows, widths=(0.40, 0.10, 0.14, 0.09, 0.13, 0.14), style=style, repeat=1)


def _item(document: Document, line: DocumentLine) -> list[Any]:
    words = [_text(line.title)]
    small = " · ".join(part for part in (line.options, line.sku) if part)
    if small:
        words.append(_text(small, size=8.5, colour=_QUIET))
    for one in line.adjustments:
        taken = f"{one.label}: {_money(document, one.amount_minor)}"
        words.append(_text(taken, size=8.5, colour=_QUIET))
    if line.discount_minor:
        discount = _money(document, line.discount_minor)
        words.append(_text(_("A discount of %s is taken off.") % discount, size=8.5, colour=_QUIET))
    net = line.total_minor - line.tax_minor
    figures = (
        str(line.quantity),
        _unit_price(document, net, line.quantity),
        _rate(line.rate),
        _money(document, net),
        _money(document, line.total_minor),
    )
    return [words, *(_text(figure, align="right") for figure in figures)]


def _sums(document: Document, content: DocumentContent) -> Any:
    rows = []
    for tax in content.taxes:
        words = _("VAT %(rate)s on %(net)s") % {
            "rate": _rate(tax.rate),
            "net": _money(document, tax.net_minor),
        }
        rows.append(_sum(words, _money(document, tax.tax_minor)))
    net = _money(document, content.total_minor - content.tax_minor)
    rows.insert(0, _sum(_("Total without VAT"), net))
    is_back = document.kind == DocumentKind.CREDIT_NOTE
    words = _("Total credited") if is_back else _("Total")
    rows.append(_sum(words, _money(document, content.total_minor), strong=True))
    style = [
        ("LINEABOVE", (1, -1), (-1, -1), 0.8, _INK),
        ("TOPPADDING", (0, -1), (-1, -1), 6),
    ]
    return _table([["", *row] for row in rows], widths=(0.44, 0.38, 0.18), style=style)


def _sum(label: str, amount: str, *, strong: bool = False) -> list[Any]:
    size = 12 if strong else 10
    return [
        _text(label, size=size, strong=strong),
        _text(amount, size=size, strong=strong, align="right"),
    ]


def _closing(document: Document, content: DocumentContent) -> list[Any]:
    if document.kind == DocumentKind.CREDIT_NOTE:
        words = _("This credit note corrects invoice %(number)s of %(day)s.") % {
            "number": content.invoice,
            "day": _day(content.invoiced_on),
        }
        if content.is_on_account and not content.paid_minor:
            return [_text(words), _text(_("The amount is set against your account."))]
        return [_text(words), _text(_("The money goes back the way it came."))]
    if content.is_on_account:
        words = _("Please pay %(amount)s by %(day)s.") % {
            "amount": _money(document, content.total_minor - content.paid_minor),
            "day": _day(content.due_on),
        }
        name = _("Please name invoice %s with your payment.") % document.label
        paid = _("%s of it are paid.") % _money(document, content.paid_minor)
        before = [_text(paid)] if content.paid_minor else []
        return [*before, _text(words, strong=True), _text(name)]
    return [_text(_("Paid in full. Thank you.")), _text(_("Nothing is left to pay."))]


def _text(
    words: str, *, size: float = 10, strong: bool = False, colour: str = _INK, align: str = "left"
) -> Any:
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text",
        fontName="Strong" if strong else "Text",
        fontSize=size,
        leading=size * 1.32,
        textColor=colour,
        alignment=TA_RIGHT if align == "right" else TA_LEFT,
        splitLongWords=1,
    )
    printable = "".join(
        one for one in words if one.isprintable() or one in {"\N{NO-BREAK SPACE}", *rules.JOINERS}
    )
    lines = set_out(printable, font=style.fontName, size=size, width=_NARROWEST)
    return Paragraph("<br/>".join(map(_marked_up, lines)), style)


def _marked_up(line: Sequence[Run]) -> str:
    return "".join(
        f'<font name="{run.font}">{escape(run.text, quote=False)}</font>' for run in line
    )


def _table(
    rows: Sequence[Sequence[Any]],
    *,
    widths: Sequence[float],
    style: Sequence[tuple[Any, ...]],
    repeat: int = 0,
) -> Any:
    from reportlab.platypus import Table

    plain = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
    ]
    return Table(
        rows,
        colWidths=[(_WIDTH - 2 * _PADDING) * width for width in widths],
        style=[*plain, *style],
        repeatRows=repeat,
        hAlign="LEFT",
    )


def _money(document: Document, minor: int) -> str:
    return money_text(Money(minor, document.currency))


def _unit_price(document: Document, net_minor: int, quantity: int) -> str:
    """Without tax; with more decimals than money has where it does not divide evenly."""
    if net_minor % quantity == 0:
        return _money(document, net_minor // quantity)
    decimals = exponent_of(document.currency) + 2
    price = Money(net_minor, document.currency).amount / quantity
    number = formats.number_format(round(price, decimals), decimal_pos=decimals, use_l10n=True)
    return f"{number}\N{NO-BREAK SPACE}{document.currency}"


def _rate(rate: str) -> str:
    percent = (Decimal(rate) * 100).normalize()
    number = formats.number_format(f"{percent:f}", use_l10n=True)
    return f"{number}\N{NO-BREAK SPACE}%"


def _day(day: str) -> str:
    if not day:
        return ""
    return formats.date_format(date.fromisoformat(day), "DATE_FORMAT")


def _numbered_canvas(document: Document) -> Any:
    """A canvas that knows how many pages there are when it writes their feet."""
    from reportlab.pdfgen.canvas import Canvas

    seller = document.says.seller

    class NumberedCanvas(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                _foot(self, seller, words=f"{document.label} · {number} / {len(self._pages)}")
                super().showPage()
            super().save()

    return NumberedCanvas


def _foot(canvas: Any, seller: Party, *, words: str) -> None:
    canvas.setStrokeColor(_RULE)
    canvas.setLineWidth(0.5)
    left, right = _MARGIN + _PADDING, _MARGIN + _WIDTH - _PADDING
    canvas.line(left, 62, right, 62)
    canvas.setFillColor(_QUIET)
    vat = _("VAT number %s") % seller.vat_id
    for height, line in (
        (48, ", ".join((seller.name, *seller.lines))),
        (37, f"{vat} · {seller.email}"),
    ):
        _write(canvas, line, left=left, height=height)
    canvas.setFont("Text", 8)
    canvas.drawRightString(right, 48, words)


def _write(canvas: Any, words: str, *, left: float, height: float) -> None:
    """One line in small letters, in whatever fonts it needs."""
    for run in set_out(words, font="Text", size=8, width=_WIDTH)[0]:
        canvas.setFont(run.font, 8)
        canvas.drawString(left, height, run.text)
        left += canvas.stringWidth(run.text, run.font, 8)
