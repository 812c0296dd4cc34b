"""Documents are issued once, say what was sold, and are numbered without gaps."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Max

from apps.invoicing.models import Document, Series
from apps.invoicing.selectors import find_document, find_invoice, list_documents
from apps.invoicing.services import issuance, issue_credit_note, issue_invoice
from apps.invoicing.types import DocumentAdjustment, Party
from apps.orders.models import Order, OrderLine
from apps.orders.services import cancel_order
from apps.payments.models import CreditEntry
from apps.pricing.types import AdjustmentScope
from apps.refunds.models import Refund
from apps.refunds.selectors import return_address
from apps.refunds.services import approve_credit, approve_return, grant_refund
from apps.refunds.types import ApprovedLine, CreditedLine, ReturnedLine
from tests.factories.orders import adjustment, make_order, make_order_on_account
from tests.factories.refunds import bought
from tests.factories.shop import open_market, stock_variant
from tests.races import race
from tests.relays import relay

pytestmark = pytest.mark.django_db


def give_back(
    line: OrderLine, *, quantity: int = 2, reference: str = "R1", **fields: int
) -> Refund:
    lines = [ApprovedLine(order_line_id=line.pk, quantity=quantity)] if quantity else []
    return grant_refund(
        order_id=line.order_id,
        reference=reference,
        actor_id=7,
        reason="it arrived wet",
        lines=lines,
        **fields,
    )


class TestIssueInvoice:
    def test_is_issued_when_the_order_is_heard_to_be_paid(self, time_machine) -> None:
        time_machine.move_to(datetime(2027, 3, 1, tzinfo=UTC))
        line = bought()
        relay()

        invoice = find_invoice(line.order_id)

        assert invoice
        assert (invoice.label, invoice.number) == ("INV-2027-000001", 1)
        assert (invoice.total_minor, invoice.tax_minor, invoice.currency) == (1655, 276, "GBP")

    @pytest.mark.parametrize(
        ("zone", "moment", "label", "day"),
        [
            ("Europe/Berlin", datetime(2026, 12, 31, 23, 30), "INV-2027-000001", date(2027, 1, 1)),
            ("Europe/London", datetime(2026, 6, 30, 23, 30), "INV-2026-000001", date(2026, 7, 1)),
            ("America/New_York", datetime(2027, 1, 1, 1), "INV-2026-000001", date(2026, 12, 31)),
        ],
    )
    def test_is_of_the_sellers_day(
        self, settings, time_machine, zone: str, moment: datetime, label: str, day: date
    ) -> None:
        settings.TIME_ZONE = zone
        time_machine.move_to(moment.replace(tzinfo=UTC), tick=False)
        line = bought()

        invoice = issue_invoice(order_id=line.order_id)
        note = issue_credit_note(refund_id=give_back(line).pk)

        assert (invoice.label, invoice.issued_at) == (label, moment.replace(tzinfo=UTC))
        assert {invoice.says.ordered_on, invoice.says.paid_on} == {day.isoformat()}
        assert note.label == label.replace("INV", "CRN")
        assert {note.says.ordered_on, note.says.invoiced_on} == {day.isoformat()}

    def test_is_of_who_sells_in_the_market(self) -> None:
        market = open_market()
        line = bought()
        market.seller_name, market.seller_vat_id = "Alder & Brine GmbH", "DE 000000000"
        market.seller_address, market.seller_email = "Am Kai 1\n20457 Hamburg", "de@example.com"
        market.save()

        says = issue_invoice(order_id=line.order_id).says

        assert says.seller == Party(
            name="Alder & Brine GmbH",
            lines=("Am Kai 1", "20457 Hamburg"),
            vat_id="DE 000000000",
            email="de@example.com",
        )
        assert return_address(market=market.code) == (
            "Alder & Brine GmbH", "Am Kai 1", "20457 Hamburg",
        )  # fmt: skip
        assert return_address(market="gone")[0] == "Alder & Brine Ltd"

    def test_says_what_the_law_wants(self) -> None:
        line = bought(quantity=3)

        says = issue_invoice(order_id=line.order_id).says

        assert (says.seller.name, says.seller.vat_id) == ("Alder & Brine Ltd", "GB 000 0000 00")
        assert says.buyer.name == "Ada Byron"
        assert says.buyer.lines == ("12 St James's Square", "SW1Y 4JH London", "United Kingdom")
        goods, postage = says.lines
        assert (goods.quantity, goods.total_minor, goods.tax_minor) == (3, 1260, 210)
        assert (postage.title, postage.total_minor, postage.tax_minor) == (
            "Shipping: Standard",
            395,
            66,
        )
        (tax,) = says.taxes
        assert (tax.rate, tax.net_minor, tax.tax_minor) == ("0.2", 1379, 276)
        assert says.order_number == line.order.number

    def test_says_why_it_charges_no_vat(self) -> None:
        line = bought()
        Order.objects.update(address={**line.order.address, "country": "ES", "postcode": "35001"})

        taxed = issue_invoice(order_id=line.order_id)
        Document.objects.all().delete()
        # What was sold before anybody looked at the place keeps its tax, and its invoice says so.
        line.order.lines.update(tax_rate=0, tax_minor=0)
        Order.objects.update(lines_minor=1260, shipping_minor=395, tax_minor=0, total_minor=1655)
        untaxed = issue_invoice(order_id=line.order_id)

        assert taxed.says.untaxed == ""
        assert untaxed.says.untaxed == (
            "No VAT is charged: the goods go to the Canary Islands, outside the VAT area"
            " (Directive 2006/112/EC, Art. 6(1)(b))."
        )

    def test_of_an_order_is_issued_once(self) -> None:
        order_id = bought().order_id

        assert issue_invoice(order_id=order_id) == issue_invoice(order_id=order_id)
        assert Series.objects.get().next_number == 2

    def test_speaks_the_orders_language(self) -> None:
        order_id = make_order(lines={stock_variant().sku: 1}, language="de")

        invoice = issue_invoice(order_id=order_id)

        assert invoice.language == "de"
        assert invoice.says.lines[1].title == "Versand: Standard"
        assert invoice.says.buyer.lines[-1] == "Vereinigtes Königreich"

    @pytest.mark.parametrize("fields", [{"channel": "import"}, {"token": "tok_3ds"}])
    def test_is_not_for_what_was_invoiced_elsewhere_or_not_paid(
        self, fields: dict[str, str]
    ) -> None:
        order_id = make_order(lines={stock_variant().sku: 1}, **fields)

        assert issue_invoice(order_id=order_id) is None
        assert not Document.objects.exists()

    def test_on_account_says_by_when_to_pay_and_not_that_it_was(self) -> None:
        order_id = make_order_on_account(lines={stock_variant().sku: 2})
        CreditEntry.objects.filter(kind="invoice").update(due_on=date(2027, 3, 31))

        says = issue_invoice(order_id=order_id).says

        assert says.is_on_account
        assert (says.due_on, says.purchase_order, says.paid_on) == ("2027-03-31", "PO-7", "")

    def test_of_what_was_paid_has_no_day_to_pay_by(self) -> None:
        says = issue_invoice(order_id=bought().order_id).says

        assert not says.is_on_account
        assert (says.due_on, says.purchase_order) == ("", "")
        assert says.paid_on

    def test_taxes_shipping_at_its_own_rate_whatever_the_goods_rates_are(self) -> None:
        line = bought()
        line.order.lines.update(tax_rate="0.05", tax_minor=60)
        Order.objects.update(lines_minor=1200, tax_minor=126)

        postage = issue_invoice(order_id=line.order_id).says.lines[-1]

        assert (postage.rate, postage.tax_minor) == ("0.2", 66)

    def test_explains_the_tax_of_shipping_where_its_rate_was_not_kept(self) -> None:
        line = bought()
        Order.objects.update(shipping_tax_rate=None)

        postage = issue_invoice(order_id=line.order_id).says.lines[-1]

        assert (postage.rate, postage.tax_minor) == ("0.2", 66)

    def test_counts_anew_each_year(self, time_machine) -> None:
        labels = []
        for year in (2027, 2028):
            time_machine.move_to(datetime(year, 1, 1, tzinfo=UTC))
            labels.append(issue_invoice(order_id=bought().order_id).label)

        assert labels == ["INV-2027-000001", "INV-2028-000001"]

    def test_names_what_changed_the_price_of_goods_and_delivery(self) -> None:
        free = adjustment(-395, label="Free delivery", scope=AdjustmentScope.SHIPPING)
        order_id = make_order(
            lines={stock_variant().sku: 2},
            adjustments=[adjustment(-60), adjustment(-40)],
            on_shipping=[adjustment(-195, label="Cheap delivery", scope=AdjustmentScope.SHIPPING)],
        )

        goods, postage = issue_invoice(order_id=order_id).says.lines

        assert (goods.total_minor, goods.tax_minor) == (740, 123)
        assert goods.adjustments == (DocumentAdjustment(label="Summer sale", amount_minor=-100),)
        assert (postage.total_minor, postage.tax_minor) == (200, 33)
        assert postage.adjustments == (
            DocumentAdjustment(label="Cheap delivery", amount_minor=-195),
        )
        nothing_for_it = make_order(lines={stock_variant().sku: 2}, on_shipping=[free])
        assert len(issue_invoice(order_id=nothing_for_it).says.lines) == 1


class TestIssueCreditNote:
    def test_names_what_was_agreed_otherwise(self) -> None:
        line = bought()
        refund = approve_return(
            order_id=line.order_id,
            reference="R1",
            lines=[ReturnedLine(order_line_id=line.pk, quantity=1, amount_minor=400)],
            reason="worn",
        )

        (back,) = issue_credit_note(refund_id=refund.pk).says.lines

        assert (back.total_minor, back.adjustments) == (
            400,
            (DocumentAdjustment(label="Agreed otherwise", amount_minor=-20),),
        )

    def test_refers_to_the_invoice_and_says_what_goes_back(self) -> None:
        line = bought()
        invoice = issue_invoice(order_id=line.order_id)
        refund = give_back(line, shipping_minor=395, goodwill_minor=100)

        note = issue_credit_note(refund_id=refund.pk)

        assert (note.kind, note.corrects, note.refund) == ("credit_note", invoice, refund)
        assert note.label.startswith("CRN-")
        assert (note.total_minor, note.says.invoice) == (refund.amount_minor, invoice.label)
        assert [(one.title, one.total_minor, one.tax_minor) for one in note.says.lines] == [
            (line.title, 840, 140),
            ("Shipping: Standard", 395, 66),
            ("Price reduction", 100, 17),
        ]

    def test_of_shipping_in_parts_gives_back_its_tax_once(self) -> None:
        line = bought()
        refunds = [
            give_back(line, quantity=1, reference=f"R{minor}", shipping_minor=minor)
            for minor in (130, 130, 135)
        ]

        notes = [issue_credit_note(refund_id=refund.pk) for refund in reversed(refunds)]

        taxes = [note.says.lines[-1].tax_minor for note in notes]
        assert sum(taxes) == 66
        assert {note.says.lines[-1].rate for note in notes} == {"0.2"}

    def test_issues_the_invoice_first_if_it_is_not_there_yet(self) -> None:
        refund = give_back(bought())

        note = issue_credit_note(refund_id=refund.pk)

        assert list(list_documents(refund.order_id)) == [note.corrects, note]

    def test_of_a_refund_is_issued_once(self) -> None:
        refund = give_back(bought())

        assert issue_credit_note(refund_id=refund.pk) == issue_credit_note(refund_id=refund.pk)
        assert Document.objects.count() == 2

    def test_of_a_cancelled_order_takes_everything_back(self) -> None:
        line = bought()
        cancel_order(order_id=line.order_id, reason="customer")
        relay()

        invoice, note = list_documents(line.order_id)

        assert (note.total_minor, note.tax_minor) == (invoice.total_minor, invoice.tax_minor)

    def test_is_not_for_a_credit_without_a_sale(self) -> None:
        line = CreditedLine(sku="A", quantity=1, amount_minor=5)
        credit = approve_credit(
            reference="C1", party="17850", currency="GBP", lines=[line], reason="x"
        )

        assert issue_credit_note(refund_id=credit.pk) is None
        assert not Document.objects.exists()


class TestFindDocument:
    def test_finds_none_of_another_order(self) -> None:
        mine, theirs = (issue_invoice(order_id=bought().order_id) for _ in range(2))

        assert find_document(document_id=mine.pk, order_id=mine.order_id) == mine
        assert find_document(document_id=mine.pk, order_id=theirs.order_id) is None


def numbers() -> list[int]:
    return sorted(Document.objects.values_list("number", flat=True))


class _RolledBack(Exception):
    pass


def issue_or_not(order_id: UUID, *, succeeds: bool) -> None:
    """Issue an invoice in a transaction that may break afterwards."""
    try:
        with transaction.atomic():
            issue_invoice(order_id=order_id)
            if not succeeds:
                raise _RolledBack
    except _RolledBack:
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("queues")
class TestTheNumbers:
    def orders(self) -> list[UUID]:
        sku = stock_variant().sku
        return [make_order(lines={sku: 1}) for _ in range(32)]

    def race(self, orders: list[UUID]) -> None:
        """Eight threads issue four invoices each; every fourth breaks."""

        def issue(runner: int) -> None:
            for turn, order_id in enumerate(orders[runner * 4 : runner * 4 + 4]):
                issue_or_not(order_id, succeeds=turn != runner % 4)

        race(issue)

    def test_have_no_gap_whatever_breaks(self) -> None:
        self.race(self.orders())

        assert numbers() == list(range(1, 25))

    @pytest.mark.control
    def test_from_a_sequence_have_gaps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = iter(range(1, 1000))
        series = Series.objects.create(code="INV-X")
        monkeypatch.setattr(issuance, "_take_number", lambda _: (series.pk, next(drawn)))

        self.race(self.orders())

        assert numbers() != list(range(1, 25))

    @pytest.mark.control
    def test_of_the_last_plus_one_without_a_lock_collide(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        series = Series.objects.create(code="INV-X")

        def last_plus_one(_: str) -> tuple[str, int]:
            last = Document.objects.aggregate(last=Max("number"))["last"] or 0
            return series.pk, last + 1

        monkeypatch.setattr(issuance, "_take_number", last_plus_one)

        with pytest.raises(Exception, match="invoicing_document_"):
            self.race(self.orders())
