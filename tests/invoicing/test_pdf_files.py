"""Documents as PDF: drawn when they are read, the same each time, in any script, over any number of pages."""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from io import StringIO

import msgspec
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from apps.invoicing import gateways, rules
from apps.invoicing.gateways import fonts, pdf
from apps.invoicing.gateways.fonts import register_fonts
from apps.invoicing.models import Document
from apps.invoicing.services import issue_credit_note, issue_invoice, read_document
from apps.payments.models import CreditEntry
from apps.refunds.services import grant_refund
from dev.fonts import install
from tests.factories.accounts import UserFactory
from tests.factories.orders import LONDON, adjustment, make_order, make_order_on_account
from tests.factories.payments import make_credit_account, share_of
from tests.factories.shop import stock_variant
from tests.invoicing.printed import texts_of

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

        register_fonts()
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


@pytest.fixture(autouse=True)
def _no_fonts() -> None:
    fonts.forget_fonts()


@pytest.fixture
def installed_fonts() -> Iterator[None]:
    """The fonts of the laptop, where documents are drawn from."""
    call_command("keep_fonts", install(), stdout=StringIO())
    fonts.forget_fonts()
    yield
    _, names = storages["default"].listdir("fonts")
    for name in names:
        storages["default"].delete(f"fonts/{name}")
    fonts.forget_fonts()


NAMES = {
    "zh": ("王小明", "王小明"),
    "ar": ("محمد عبد الله", "هللا دبع دمحم"),
    "he": ("משה כהן", "ןהכ השמ"),
    "ko": ("김철수", "김철수"),
    "th": ("สมชาย", "สมชาย"),
    "hi": ("राम", "राम (raama)"),
    "ka": ("გიორგი", "გიორგი"),
    "hy": ("Արմեն", "Արմեն"),
    "digits": ("رقم ٣", "٣مقر"),
    "mixed": ("Ada משה 12 ₪", "Ada 12 השמ ₪"),
}


class TestANameInAnyScript:
    @pytest.mark.usefixtures("installed_fonts")
    @pytest.mark.parametrize(("name", "seen"), NAMES.values(), ids=NAMES)
    def test_can_be_read_and_copied(
        self, name: str, seen: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """`seen` is what stands on paper from left to right."""
        document = invoice(address=msgspec.structs.replace(LONDON, name=name))
        capsys.readouterr()

        printed = unicodedata.normalize("NFKC", " ".join(texts_of(gateways.draw(document))))

        assert seen.replace(" ", "") in printed.replace(" ", "")
        assert "LettersWithoutFont" not in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("name", "seen"),
        [
            ("გიორგი", "giorgi"),
            ("Արմեն", "armen"),
            ("김철수", "gimceolsu"),
            ("राम", "raama"),
            ("王", "[U+738B]"),
            ("Ada 😀", "Ada [U+1F600]"),
        ],
    )
    def test_is_shown_in_latin_letters_where_a_font_lacks_it(
        self, name: str, seen: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        document = invoice(address=msgspec.structs.replace(LONDON, name=name))
        capsys.readouterr()

        printed = " ".join(texts_of(gateways.draw(document)))

        assert seen.replace(" ", "") in printed.replace(" ", "")
        assert "LettersWithoutFont" in capsys.readouterr().out

    def test_is_drawn_anew_until_there_is_a_font(self, request: pytest.FixtureRequest) -> None:
        document = invoice(address=msgspec.structs.replace(LONDON, name="გიორგი"))

        without = read_document(document)
        document.refresh_from_db()
        assert not document.file
        request.getfixturevalue("installed_fonts")
        with_font = read_document(document)

        document.refresh_from_db()
        assert document.file
        assert "giorgi" in "".join(texts_of(without))
        assert "გიორგი" in "".join(texts_of(with_font))

    @pytest.mark.usefixtures("installed_fonts")
    def test_that_runs_backwards_is_broken_in_reading_order(self) -> None:
        register_fonts()

        lines = fonts.set_out("משה " * 20 + "כהן", font="Text", size=10, width=180)

        drawn = ["".join(run.text for run in line) for line in lines]
        assert len(drawn) > 1
        assert [line.startswith("ןהכ") for line in drawn] == [False] * (len(drawn) - 1) + [True]

    @pytest.mark.usefixtures("installed_fonts")
    def test_keeps_its_direction_on_every_line(self) -> None:
        register_fonts()

        lines = fonts.set_out("Ada " * 20 + "משה Byron", font="Text", size=10, width=20)

        assert "".join(run.text for run in lines[-2]) == "השמ"
        assert rules.in_visual_order("משה Byron", paragraph="Ada משה Byron") == "השמ Byron"


class TestTheWords:
    @pytest.fixture
    def printed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Every text that is put on paper from now on."""
        words: list[str] = []
        draw_text = pdf._text

        def listen(text: str, **style: object) -> object:
            words.append(text)
            return draw_text(text, **style)

        monkeypatch.setattr(pdf, "_text", listen)
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

    def test_on_account_in_part_ask_for_that_part(self, printed: list[str]) -> None:
        customer = UserFactory.create()
        make_credit_account(customer_id=customer.pk)
        shares = [share_of(1000), share_of(235, token="PO-7", gateway="account")]
        order_id = make_order(
            lines={stock_variant().sku: 2}, shares=shares, customer_id=customer.pk
        )
        CreditEntry.objects.filter(kind="invoice").update(due_on=date(2027, 3, 31))

        gateways.draw(issue_invoice(order_id=order_id))

        assert "£10.00 of it are paid." in printed
        assert "Please pay £2.35 by 31 March 2027." in printed

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "Summer sale: −£1.00"), ("de", "Summer sale: −1,00\N{NO-BREAK SPACE}£")],
    )
    def test_name_each_adjustment(self, printed: list[str], language: str, words: str) -> None:
        gateways.draw(invoice(language=language, adjustments=[adjustment(-100)]))

        assert words in printed

    def test_that_were_issued_with_a_discount_are_read_and_print_it(
        self, printed: list[str]
    ) -> None:
        document = invoice()
        content = document.content
        content["lines"][0]["discount_minor"] = 101
        document.content = json.loads(json.dumps(content))

        assert document.says.lines[0].discount_minor == 101
        gateways.draw(document)

        assert "A discount of £1.01 is taken off." in printed

    def test_without_adjustments_name_none(self, printed: list[str]) -> None:
        document = invoice()

        gateways.draw(document)

        assert not {"adjustments", "discount_minor"} & document.content["lines"][0].keys()
        assert not [one for one in printed if "−" in one or "discount" in one]

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
