"""Documents as PDF: drawn when they are read, the same each time, in any script, over any number of pages."""

import re
from datetime import date

import msgspec
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from apps.invoicing import gateways
from apps.invoicing.models import Document
from apps.invoicing.services import issue_credit_note, issue_invoice, read_document
from apps.payments.models import CreditEntry
from apps.refunds.services import grant_refund
from tests.factories.orders import LONDON, make_order, make_order_on_account
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


class TestTheWords:
    @pytest.fixture
    def printed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Every text that is put on paper from now on."""
        words: list[str] = []
        draw_text = gateways._text

        def listen(text: str, **style: object) -> object:
            words.append(text)
            return draw_text(text, **style)

        monkeypatch.setattr(gateways, "_text", listen)
        return words

    def test_of_what_was_paid_say_so(self, printed: list[str]) -> None:
        gateways.draw(invoice())

        assert "Paid in full. Thank you." in printed
        assert "Paid on" in printed
        assert not [one for one in printed if one.startswith("Please pay")]

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", "Please pay £12.35 by 31 March 2027."),
            ("de", "Bitte zahlen Sie 12,35\N{NO-BREAK SPACE}£ bis zum 31. März 2027."),
        ],
    )
    def test_on_account_ask_for_the_money(
        self, printed: list[str], language: str, words: str
    ) -> None:
        order_id = make_order_on_account(lines={stock_variant().sku: 2}, language=language)
        CreditEntry.objects.filter(kind="invoice").update(due_on=date(2027, 3, 31))

        gateways.draw(issue_invoice(order_id=order_id))

        assert words in printed
        assert "PO-7" in printed
        assert not {"Paid in full. Thank you.", "Paid on", "Bezahlt am"} & set(printed)

    def test_of_a_credit_note_on_account_send_no_money(self, printed: list[str]) -> None:
        order_id = make_order_on_account(lines={stock_variant().sku: 2})
        refund = grant_refund(
            order_id=order_id, reference="R1", actor_id=7, reason="x", goodwill_minor=100
        )

        gateways.draw(issue_credit_note(refund_id=refund.pk))

        assert "The amount is set against your account." in printed
        assert "The money goes back the way it came." not in printed
        assert not [one for one in printed if one.startswith("Please pay")]


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
