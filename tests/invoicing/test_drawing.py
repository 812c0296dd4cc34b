"""Documents as PDF: drawn once, the same each time, in any script, over any number of pages."""

import re

import msgspec
import pytest
from django.core.files.storage import storages

from apps.events.services import relay
from apps.invoicing import gateways
from apps.invoicing.models import Document
from apps.invoicing.services import draw_document, issue_invoice, read_document
from tests.factories.orders import LONDON, make_order
from tests.factories.refunds import bought
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def invoice(**fields: object) -> Document:
    return issue_invoice(order_id=make_order(lines={stock_variant().sku: 2}, **fields))


class TestDrawDocument:
    def test_keeps_a_pdf_when_the_news_is_heard(self) -> None:
        order_id = bought().order_id
        relay()

        document = Document.objects.get(order=order_id)

        assert document.file
        with storages["documents"].open(document.file) as file:
            assert file.read().startswith(b"%PDF-")

    def test_draws_once(self) -> None:
        document = invoice()
        draw_document(document_id=document.pk)
        before = Document.objects.values().get()

        draw_document(document_id=document.pk)

        assert Document.objects.values().get() == before

    def test_gives_the_same_bytes_each_time(self) -> None:
        document = invoice()

        assert gateways.draw(document) == gateways.draw(document)

    @pytest.mark.parametrize(
        "name",
        [
            "Ελένη Παπαδοπούλου",
            "Зоя Космодемьянская",
            "Łukasz Šťastný",
            "山田太郎",
            "A & <b>",
            "\x1b\x07",
        ],
    )
    def test_prints_any_name(self, name: str) -> None:
        document = invoice(address=msgspec.structs.replace(LONDON, name=name, company=name))

        assert gateways.draw(document).startswith(b"%PDF-")

    def test_has_letters_for_latin_greek_and_cyrillic(self) -> None:
        from reportlab.pdfbase.pdfmetrics import getFont

        gateways._register_fonts()
        letters = "AzÄößéŁšťőžğİØæ€£¥ ΑλφάΩ АбвЯжщёіїђ “”–…×·−"
        for font in ("Text", "Strong"):
            known = getFont(font).face.charToGlyph
            assert [one for one in letters if ord(one) not in known] == []

    def test_turns_the_page_when_the_order_is_long(self) -> None:
        document = invoice()
        content = document.says
        many = msgspec.structs.replace(content, lines=content.lines * 40)
        document.content = msgspec.to_builtins(many)

        assert pages_of(gateways.draw(document)) > 2
        assert pages_of(gateways.draw(Document.objects.get())) == 1


class TestReadDocument:
    def test_draws_what_was_not_drawn_yet(self) -> None:
        assert read_document(invoice()).startswith(b"%PDF-")

    def test_draws_anew_what_cannot_be_read(self) -> None:
        document = invoice()
        draw_document(document_id=document.pk)
        document.refresh_from_db()
        storages["documents"].delete(document.file)

        assert read_document(document).startswith(b"%PDF-")
