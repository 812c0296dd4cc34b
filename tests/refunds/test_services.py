"""Refunds are granted once, within what was bought and paid."""

from uuid import UUID

import pytest

from apps.events.models import OutboxMessage
from apps.events.services import relay
from apps.orders.models import OrderLine
from apps.orders.services import cancel_order
from apps.payments.errors import RefundExceedsCapture
from apps.payments.models import Payment, Transaction
from apps.refunds.errors import NothingLeftToReturn
from apps.refunds.models import Refund, RefundLine
from apps.refunds.services import approve_credit, approve_return, pay_back
from apps.refunds.types import CreditedLine, ReturnedLine
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


def bought(*, quantity: int = 3) -> OrderLine:
    """A paid line of three at £4.20, postage 3.95: £16.55 captured."""
    order_id = make_order(lines={stock_variant().sku: quantity})
    return OrderLine.objects.get(order=order_id)


def give_back(
    line: OrderLine, *, quantity: int, reference: str, amount_minor: int | None = None
) -> Refund:
    amount = quantity * 420 if amount_minor is None else amount_minor
    return approve_return(
        order_id=line.order_id,
        reference=reference,
        lines=[ReturnedLine(order_line_id=line.pk, quantity=quantity, amount_minor=amount)],
        reason="too strong a scent",
    )


def approvals() -> int:
    return OutboxMessage.objects.filter(type="refunds.refund.approved.v1").count()


class TestApproveReturn:
    def test_writes_the_refund_with_its_lines_and_announces_it(self) -> None:
        line = bought()

        refund = give_back(line, quantity=2, reference="R1")

        assert (refund.order_id, refund.amount_minor, refund.currency) == (
            line.order_id,
            840,
            "GBP",
        )
        assert refund.party == "ada@example.com"
        written = RefundLine.objects.get(refund=refund)
        assert (written.order_line, written.sku, written.quantity) == (line, line.sku, 2)
        assert approvals() == 1

    def test_of_the_same_reference_is_granted_once(self) -> None:
        line = bought()

        first = give_back(line, quantity=1, reference="R1")
        second = give_back(line, quantity=1, reference="R1")

        assert first == second
        assert (Refund.objects.count(), approvals()) == (1, 1)

    def test_stops_at_what_was_bought(self) -> None:
        line = bought(quantity=3)
        give_back(line, quantity=2, reference="R1")

        with pytest.raises(NothingLeftToReturn) as refusal:
            give_back(line, quantity=2, reference="R2", amount_minor=1)

        assert refusal.value.details == {"sku": line.sku, "left": 1}
        assert (Refund.objects.count(), RefundLine.objects.count(), approvals()) == (1, 1, 1)

    def test_counts_a_line_named_twice_in_one_request(self) -> None:
        line = bought(quantity=3)
        twice = [ReturnedLine(order_line_id=line.pk, quantity=2, amount_minor=1)] * 2

        with pytest.raises(NothingLeftToReturn):
            approve_return(order_id=line.order_id, reference="R1", lines=twice, reason="")

        assert not Refund.objects.exists()

    def test_stops_at_what_was_captured(self) -> None:
        line = bought(quantity=3)
        give_back(line, quantity=1, reference="R1", amount_minor=1000)

        with pytest.raises(RefundExceedsCapture):
            give_back(line, quantity=1, reference="R2", amount_minor=656)
        give_back(line, quantity=1, reference="R3", amount_minor=655)

        assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 1655

    def test_of_an_order_whose_money_went_back_already_is_refused(self) -> None:
        line = bought()
        cancel_order(order_id=line.order_id, reason="customer")
        relay()
        assert Payment.objects.get().refunded_minor == 1655

        with pytest.raises(RefundExceedsCapture):
            give_back(line, quantity=1, reference="R1")

        assert not Refund.objects.exists()

    def test_of_another_orders_line_is_refused(self) -> None:
        mine, theirs = bought(), bought()

        with pytest.raises(NothingLeftToReturn):
            approve_return(
                order_id=mine.order_id,
                reference="R1",
                lines=[ReturnedLine(order_line_id=theirs.pk, quantity=1, amount_minor=1)],
                reason="",
            )

        assert not Refund.objects.exists()


class TestApproveCredit:
    def credit(self) -> Refund:
        return approve_credit(
            reference="C1",
            party="17850",
            currency="GBP",
            lines=[
                CreditedLine(sku="22423", quantity=2, amount_minor=2550),
                CreditedLine(sku="85123A", quantity=1, amount_minor=255),
            ],
            reason="return without a sale",
        )

    def test_stands_alone(self) -> None:
        refund = self.credit()

        assert (refund.order_id, refund.party, refund.amount_minor) == (None, "17850", 2805)
        assert refund.lines.count() == 2
        assert OutboxMessage.objects.get().payload["order_id"] is None

    def test_of_the_same_reference_is_granted_once(self) -> None:
        assert self.credit() == self.credit()
        assert (Refund.objects.count(), RefundLine.objects.count(), approvals()) == (1, 2, 1)

    def test_moves_no_money(self) -> None:
        pay_back(refund_id=self.credit().pk)

        assert not Transaction.objects.exists()


class TestPayBack:
    def test_sends_the_money_when_the_news_is_heard_and_only_once(self) -> None:
        line = bought()
        refund = give_back(line, quantity=2, reference="R1")
        assert Payment.objects.get().refunded_minor == 0

        relay()
        pay_back(refund_id=refund.pk)

        assert Payment.objects.get().refunded_minor == 840
        assert Transaction.objects.filter(kind="refund", outcome="succeeded").count() == 1

    def test_of_nothing_asks_no_gateway(self) -> None:
        refund = give_back(bought(), quantity=1, reference="R1", amount_minor=0)

        pay_back(refund_id=refund.pk)

        assert not Transaction.objects.filter(kind="refund").exists()

    def test_without_a_refund_is_an_error(self) -> None:
        with pytest.raises(Refund.DoesNotExist):
            pay_back(refund_id=UUID(int=0))
