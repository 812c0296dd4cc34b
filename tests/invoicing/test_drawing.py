"""Documents as PDF: drawn when they are read, the same each time, in any script, over any number of pages."""

import re

import msgspec
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from apps.invoicing import gateways
from apps.invoicing.models import Document
from apps.invoicing.services import issue_invoice, read_document
from tests.factories.orders import LONDON, make_order
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def invoice(**fields: object) -> Document:
    return issue_invoice(order_id=make_order(lines={stock_variant().sku: 2}, **fields))


class TestDraw:
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
    def test_draws_and_keeps_what_is_read_for_the_first_time(self) -> None:
        document = invoice()

        content = read_document(document)

        assert content.startswith(b"%PDF-")
        document.refresh_from_db()
        with storages["documents"].open(document.file) as file:
            assert file.read() == content

    def test_reads_what_is_kept(self) -> None:
        document = invoice()
        read_document(document)
        document.refresh_from_db()
        storages["documents"].delete(document.file)
        storages["documents"].save(document.file, ContentFile(b"%PDF-kept"))

        assert read_document(document) == b"%PDF-kept"

    def test_draws_anew_what_cannot_be_read(self) -> None:
        document = invoice()
        content = read_document(document)
        document.refresh_from_db()
        storages["documents"].delete(document.file)

        assert read_document(document) == content

    def test_bears_a_storage_that_keeps_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> str:
            raise ConnectionError

        monkeypatch.setattr(gateways, "keep", fail)

        assert read_document(invoice()).startswith(b"%PDF-")
        assert Document.objects.get().file == ""
