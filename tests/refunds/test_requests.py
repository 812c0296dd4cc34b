"""Somebody asks, staff decide in whole or part, and each decision is made once."""

import pytest

from apps.core.errors import InvalidInput
from apps.events.models import OutboxMessage
from apps.inventory.models import StockLevel
from apps.orders.models import Order, OrderLine
from apps.orders.services import cancel_order
from apps.payments.errors import RefundExceedsCapture
from apps.payments.models import Payment, Transaction
from apps.refunds.errors import (
    AlreadyDecided,
    MoreThanAsked,
    NothingAsked,
    NothingCaptured,
    NothingGranted,
    NothingLeftToReturn,
    ReasonMissing,
)
from apps.refunds.models import Refund, RefundLine, RefundRequest
from apps.refunds.selectors import list_line_accounts, preview_refund
from apps.refunds.services import (
    approve_request,
    grant_refund,
    refuse_request,
    request_refund,
)
from apps.refunds.types import ApprovedLine, AskedLine, Requester
from tests.factories.orders import make_order
from tests.factories.refunds import ask_back, bought, send
from tests.factories.shop import stock_variant
from tests.races import race
from tests.relays import relay

pytestmark = pytest.mark.django_db


def approve(request: RefundRequest, line: OrderLine, *, quantity: int = 2, **fields: object):
    return approve_request(
        request_id=request.pk,
        actor_id=7,
        lines=[ApprovedLine(order_line_id=line.pk, quantity=quantity, restock=True)],
        **fields,
    )


def news(name: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(type=f"refunds.refund.{name}.v1"))


class TestRequestRefund:
    def test_is_written_down_and_announced(self) -> None:
        line = bought()

        request = ask_back(line)

        assert (request.state, request.requested_by, request.reason) == (
            "requested",
            "customer",
            "unwanted",
        )
        asked = request.lines.get()
        assert (asked.order_line, asked.quantity, asked.reason) == (line, 2, "unwanted")
        (told,) = news("requested")
        assert told.payload["lines"] == [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": 2,
                "reason": "unwanted",
                "restocked": False,
            }
        ]
        assert told.payload["number"] == line.order.number

    def test_of_an_order_that_was_not_paid_is_refused(self) -> None:
        order_id = make_order(lines={stock_variant().sku: 1}, token="tok_3ds")
        line = OrderLine.objects.get(order=order_id)

        with pytest.raises(NothingCaptured):
            ask_back(line, quantity=1)

        assert not RefundRequest.objects.exists()

    def test_of_a_cancelled_order_is_refused(self) -> None:
        line = bought()
        cancel_order(order_id=line.order_id, reason="customer")

        with pytest.raises(NothingCaptured):
            ask_back(line)

    @pytest.mark.parametrize("sent", [0, 1])
    def test_of_what_was_not_sent_is_refused(self, sent: int) -> None:
        line = bought(quantity=3)
        OrderLine.objects.update(shipped_quantity=sent)

        with pytest.raises(NothingLeftToReturn) as refusal:
            request_refund(
                order_id=line.order_id,
                requested_by=Requester.CUSTOMER,
                actor_id=None,
                lines=[AskedLine(order_line_id=line.pk, quantity=sent + 1)],
                reason="unwanted",
            )

        assert refusal.value.details == {"sku": line.sku, "left": sent}
        assert not RefundRequest.objects.exists()

    def test_leaves_staff_free_to_grant_what_was_not_sent(self) -> None:
        line = bought(quantity=3)

        refund = grant_refund(
            order_id=line.order_id,
            reference="G1",
            actor_id=7,
            reason="it will not come",
            lines=[ApprovedLine(order_line_id=line.pk, quantity=3)],
        )

        assert refund.lines_minor == 1260
        assert not refund.awaits_goods

    def test_counts_what_was_asked_for_already(self) -> None:
        line = bought(quantity=3)
        ask_back(line, quantity=2)

        with pytest.raises(NothingLeftToReturn) as refusal:
            ask_back(line, quantity=2)

        assert refusal.value.details == {"sku": line.sku, "left": 1}
        assert RefundRequest.objects.count() == 1

    def test_counts_what_came_back_or_will_never_arrive(self) -> None:
        line = bought(quantity=3)
        grant_refund(
            order_id=line.order_id,
            reference="G1",
            actor_id=7,
            reason="x",
            lines=[ApprovedLine(order_line_id=line.pk, quantity=1)],
        )
        OrderLine.objects.filter(pk=line.pk).update(cancelled_quantity=1)

        with pytest.raises(NothingLeftToReturn) as refusal:
            ask_back(line, quantity=2)
        ask_back(line, quantity=1)

        assert refusal.value.details["left"] == 1

    def test_of_a_refused_request_may_be_repeated(self) -> None:
        line = bought(quantity=3)
        refuse_request(request_id=ask_back(line, quantity=3).pk, actor_id=7, reason="worn")

        ask_back(line, quantity=3)

        assert RefundRequest.objects.count() == 2

    def test_of_anothers_line_is_refused(self) -> None:
        mine, theirs = bought(), bought()

        with pytest.raises(NothingLeftToReturn):
            request_refund(
                order_id=mine.order_id,
                requested_by=Requester.CUSTOMER,
                actor_id=None,
                lines=[AskedLine(order_line_id=theirs.pk, quantity=1)],
                reason="other",
            )

    def test_that_names_a_line_twice_is_refused(self) -> None:
        line = bought(quantity=3)
        send(line)

        with pytest.raises(NothingLeftToReturn) as refusal:
            request_refund(
                order_id=line.order_id,
                requested_by=Requester.CUSTOMER,
                actor_id=None,
                lines=[AskedLine(order_line_id=line.pk, quantity=1)] * 2,
                reason="unwanted",
            )

        assert refusal.value.details == {"order_line_id": line.pk, "left": 0}
        assert not RefundRequest.objects.exists()

    @pytest.mark.parametrize("quantity", [0, -1, 4])
    def test_of_an_impossible_quantity_is_refused(self, quantity: int) -> None:
        with pytest.raises(NothingLeftToReturn):
            ask_back(bought(quantity=3), quantity=quantity)

    def test_of_nothing_is_refused(self) -> None:
        line = bought()

        with pytest.raises(NothingAsked):
            request_refund(
                order_id=line.order_id,
                requested_by=Requester.STAFF,
                actor_id=7,
                lines=[],
                reason="other",
            )

    @pytest.mark.parametrize("fields", [{"reason": "boredom"}, {"text": "x" * 2001}])
    def test_in_strange_words_is_refused(self, fields: dict[str, str]) -> None:
        with pytest.raises(InvalidInput):
            ask_back(bought(), **fields)

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("queues")
    def test_of_several_at_once_asks_for_no_unit_twice(self) -> None:
        line = bought(quantity=3)

        def ask(_: int) -> bool:
            try:
                ask_back(line, quantity=2)
            except NothingLeftToReturn:
                return False
            return True

        assert sum(race(ask)) == 1
        assert RefundRequest.objects.count() == 1


class TestApproveRequest:
    def test_in_part_grants_that_part_and_puts_it_on_the_shelf(self) -> None:
        line = bought(quantity=3)
        request = ask_back(line, quantity=3)
        before = StockLevel.objects.get(variant=line.sku).on_hand

        refund = approve(request, line, quantity=2, shipping_minor=395, goodwill_minor=10)

        request.refresh_from_db()
        assert (request.state, request.decided_by) == ("approved", 7)
        assert (refund.request, refund.amount_minor, refund.granted_by) == (request, 1245, 7)
        decided = request.lines.get()
        assert (decided.approved_quantity, decided.restock) == (2, True)
        assert StockLevel.objects.get(variant=line.sku).on_hand == before + 2
        (told,) = news("approved")
        assert (told.payload["request_id"], told.actor_id) == (str(request.pk), 7)
        assert told.payload["lines"][0]["restocked"] is True

    def test_leaves_what_cannot_be_sold_off_the_shelf(self) -> None:
        line = bought()
        request = ask_back(line)
        before = StockLevel.objects.get(variant=line.sku).on_hand

        approve_request(
            request_id=request.pk,
            actor_id=7,
            lines=[ApprovedLine(order_line_id=line.pk, quantity=2, restock=False)],
        )

        assert StockLevel.objects.get(variant=line.sku).on_hand == before

    def test_of_all_units_one_by_one_gives_back_the_lines_whole_price(self) -> None:
        sku, free = stock_variant().sku, stock_variant().sku
        order_id = make_order(lines={sku: 3, free: 1}, price="3.333")
        line = OrderLine.objects.get(order=order_id, sku=sku)

        amounts = [
            approve(ask_back(line, quantity=1), line, quantity=1).amount_minor for _ in range(3)
        ]

        assert (amounts, sum(amounts)) == ([333, 334, 333], line.amount_minor)

    def test_adds_the_tax_where_prices_come_without(self) -> None:
        line = bought(quantity=3)
        Order.objects.update(
            tax_included=False,
            total_minor=1907,
            lines_minor=1260,
            tax_minor=252,
            shipping_minor=395,
        )
        OrderLine.objects.update(tax_minor=252)
        Payment.objects.update(authorised_minor=1907, captured_minor=1907, amount_minor=1907)

        preview = preview_refund(
            order=Order.objects.get(), lines=[ApprovedLine(order_line_id=line.pk, quantity=1)]
        )

        assert (preview.total.minor, preview.tax.minor) == (504, 84)

    def test_twice_is_refused(self) -> None:
        line = bought()
        request = ask_back(line)
        approve(request, line)

        with pytest.raises(AlreadyDecided):
            approve(request, line)
        with pytest.raises(AlreadyDecided):
            refuse_request(request_id=request.pk, actor_id=7, reason="no")

        assert (Refund.objects.count(), len(news("approved")), len(news("refused"))) == (1, 1, 0)

    def test_of_more_than_asked_is_refused(self) -> None:
        line = bought(quantity=3)
        request = ask_back(line, quantity=2)

        with pytest.raises(MoreThanAsked):
            approve(request, line, quantity=3)

        request.refresh_from_db()
        assert (request.state, Refund.objects.count()) == ("requested", 0)

    def test_of_nothing_is_refused(self) -> None:
        request = ask_back(bought())

        with pytest.raises(NothingGranted):
            approve_request(request_id=request.pk, actor_id=7, lines=[])

        request.refresh_from_db()
        assert request.state == "requested"

    def test_beyond_what_was_captured_is_refused_and_changes_nothing(self) -> None:
        line = bought()
        request = ask_back(line)
        before = StockLevel.objects.get(variant=line.sku).on_hand

        with pytest.raises(RefundExceedsCapture):
            approve(request, line, goodwill_minor=816)

        request.refresh_from_db()
        assert (request.state, Refund.objects.count()) == ("requested", 0)
        assert request.lines.get().approved_quantity is None
        assert StockLevel.objects.get(variant=line.sku).on_hand == before

    def test_of_an_order_stopped_meanwhile_is_refused(self) -> None:
        line = bought()
        request = ask_back(line)
        Order.objects.update(status="cancelled")

        with pytest.raises(NothingCaptured):
            approve(request, line)

    @pytest.mark.django_db(transaction=True)
    def test_by_fifty_at_once_refunds_once(self, queues) -> None:
        line = bought(quantity=10)
        request = ask_back(line, quantity=2)

        def press(_: int) -> bool:
            try:
                approve(request, line)
            except AlreadyDecided:
                return False
            return True

        assert sum(race(press, runners=50)) == 1
        relay()
        queues.run_all()

        assert Refund.objects.count() == 1
        assert Payment.objects.get().refunded_minor == 840
        assert Transaction.objects.filter(kind="refund", outcome="succeeded").count() == 1


class TestRefuseRequest:
    def test_says_why(self) -> None:
        request = ask_back(bought())

        refuse_request(request_id=request.pk, actor_id=7, reason="It was worn. ")

        request.refresh_from_db()
        assert (request.state, request.refusal_reason, request.decided_by) == (
            "refused",
            "It was worn.",
            7,
        )
        (told,) = news("refused")
        assert (told.payload["refusal"], told.actor_id) == ("It was worn.", 7)

    def test_without_a_reason_is_refused(self) -> None:
        request = ask_back(bought())

        with pytest.raises(ReasonMissing):
            refuse_request(request_id=request.pk, actor_id=7, reason=" ")

        request.refresh_from_db()
        assert (request.state, news("refused")) == ("requested", [])


class TestListLineAccounts:
    def test_asks_few_questions(self, django_assert_num_queries) -> None:
        lines = {stock_variant().sku: 1 for _ in range(5)}
        order = Order.objects.get(pk=make_order(lines=lines))

        with django_assert_num_queries(3):
            accounts = list_line_accounts(order)

        assert [account.left for account in accounts] == [1] * 5

    @pytest.mark.parametrize(
        ("line", "granted", "free", "free_later"),
        [
            ({"shipped_quantity": 0}, {}, 0, 5),
            ({"shipped_quantity": 3}, {}, 3, 2),
            ({"shipped_quantity": 5}, {"return": 2}, 3, 0),
            ({"shipped_quantity": 3}, {"return": 2}, 1, 2),
            ({"shipped_quantity": 3, "cancelled_quantity": 2}, {}, 3, 0),
            ({"shipped_quantity": 3, "cancelled_quantity": 2}, {"cancellation": 2}, 3, 0),
            (
                {"shipped_quantity": 3, "cancelled_quantity": 2},
                {"cancellation": 2, "return": 3},
                0,
                0,
            ),
            ({"shipped_quantity": 0, "stocked": False}, {}, 0, 0),
        ],
    )
    def test_counts_as_free_what_was_sent_and_is_not_back(
        self, line: dict[str, int], granted: dict[str, int], free: int, free_later: int
    ) -> None:
        sold = bought(quantity=5)
        OrderLine.objects.update(**line)
        for kind, quantity in granted.items():
            refund = grant_refund(
                order_id=sold.order_id,
                reference=kind,
                actor_id=7,
                reason="x",
                goodwill_minor=1,
            )
            Refund.objects.filter(pk=refund.pk).update(kind=kind)
            RefundLine.objects.create(
                refund=refund,
                order_line=sold,
                sku=sold.sku,
                quantity=quantity,
                currency="GBP",
                paid_minor=0,
                amount_minor=0,
            )

        (account,) = list_line_accounts(Order.objects.get())

        assert (account.free, account.free_later) == (free, free_later)
