"""Refunds are granted once, within what was bought and paid."""

import pytest

from apps.core.errors import InvalidInput
from apps.events.models import OutboxMessage
from apps.inventory.models import StockLevel
from apps.orders.models import OrderLine
from apps.orders.services import cancel_order
from apps.payments.errors import RefundExceedsCapture
from apps.payments.models import Transaction
from apps.refunds.errors import (
    MoreThanShipping,
    NothingCaptured,
    NothingGranted,
    NothingLeftToReturn,
    ReasonMissing,
)
from apps.refunds.models import Refund, RefundLine
from apps.refunds.services import approve_credit, approve_return, grant_refund, pay_back
from apps.refunds.types import ApprovedLine, CreditedLine, ReturnedLine
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.relays import relay

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
        assert Refund.objects.get().amount_minor == 1655

        with pytest.raises(RefundExceedsCapture):
            give_back(line, quantity=1, reference="R1")

        assert Refund.objects.count() == 1

    def test_puts_what_can_be_sold_again_on_the_shelf(self) -> None:
        line = bought()
        before = StockLevel.objects.get(variant=line.sku).on_hand

        for _ in range(2):
            approve_return(
                order_id=line.order_id,
                reference="R1",
                lines=[ReturnedLine(order_line_id=line.pk, quantity=2, amount_minor=840)],
                reason="",
                restock=True,
            )

        assert StockLevel.objects.get(variant=line.sku).on_hand == before + 2

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


class TestGrantRefund:
    def grant(self, line: OrderLine, *, reference: str = "G1", **fields: object) -> Refund:
        given = {"reason": "it arrived wet", **fields}
        return grant_refund(order_id=line.order_id, reference=reference, actor_id=7, **given)

    def test_gives_back_units_at_what_they_cost_with_shipping_and_goodwill(self) -> None:
        line = bought()
        two = [ApprovedLine(order_line_id=line.pk, quantity=2)]

        refund = self.grant(line, lines=two, shipping_minor=395, goodwill_minor=20)

        parts = (refund.lines_minor, refund.shipping_minor, refund.adjustments_minor)
        assert parts == (840, 395, 20)
        given = refund.adjustments.get()
        assert (given.code, given.label, given.scope) == ("goodwill", "Goodwill", "order")
        assert (given.amount_minor, given.line, given.source) == (20, None, "staff:7")
        assert given.reason == "it arrived wet"
        assert (refund.amount_minor, refund.kind, refund.granted_by) == (1255, "return", 7)
        assert RefundLine.objects.get().tax_minor == 140
        assert OutboxMessage.objects.get(type="refunds.refund.approved.v1").actor_id == 7

    def test_gives_goodwill_alone(self) -> None:
        refund = self.grant(bought(), goodwill_minor=200)

        assert (refund.kind, refund.amount_minor, refund.lines.count()) == ("goodwill", 200, 0)

    def test_of_the_same_reference_is_granted_once(self) -> None:
        line = bought()

        assert self.grant(line, goodwill_minor=5) == self.grant(line, goodwill_minor=5)
        assert (Refund.objects.count(), approvals()) == (1, 1)

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"goodwill_minor": 1656}, RefundExceedsCapture),
            ({"goodwill_minor": -1}, InvalidInput),
            ({"shipping_minor": 396}, MoreThanShipping),
            ({"shipping_minor": -1}, MoreThanShipping),
            ({"goodwill_minor": 1, "reason": " "}, ReasonMissing),
            ({}, NothingGranted),
        ],
    )
    def test_refuses_what_cannot_be_and_changes_nothing(
        self, fields: dict[str, object], refusal: type[Exception]
    ) -> None:
        line = bought()

        with pytest.raises(refusal):
            self.grant(line, **fields)

        assert (Refund.objects.count(), approvals()) == (0, 0)

    def test_of_a_stopped_order_is_refused(self) -> None:
        line = bought()
        cancel_order(order_id=line.order_id, reason="customer")

        with pytest.raises(NothingCaptured):
            self.grant(line, goodwill_minor=1)

        assert not Refund.objects.exists()

    def test_gives_shipping_back_once(self) -> None:
        line = bought()
        self.grant(line, shipping_minor=300)

        with pytest.raises(MoreThanShipping) as refusal:
            self.grant(line, reference="G2", shipping_minor=96)

        assert refusal.value.details == {"left_minor": 95}
