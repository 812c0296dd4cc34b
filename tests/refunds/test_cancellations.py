"""What was paid for and will not come is granted back, with what was granted before subtracted."""

import pytest

from apps.events.models import OutboxMessage
from apps.inventory.models import StockLevel
from apps.orders.models import OrderLine
from apps.orders.services import cancel_order, cancel_units
from apps.payments.models import Payment, Transaction
from apps.refunds.models import Refund
from apps.refunds.services import grant_refund, refund_cancelled_order, refund_cancelled_units
from apps.refunds.types import ApprovedLine
from tests.factories.orders import make_order
from tests.factories.refunds import bought
from tests.factories.shop import stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db


def parts(refund: Refund | None) -> tuple[int, int, int]:
    """What of a refund is for goods, for shipping and for neither."""
    assert refund
    goods = sum(line.amount_minor for line in refund.lines.all())
    rest = refund.amount_minor - goods - refund.shipping_minor
    return goods, refund.shipping_minor, rest


def goodwill(line: OrderLine, *, minor: int) -> None:
    grant_refund(
        order_id=line.order_id, reference="G1", actor_id=7, reason="late", goodwill_minor=minor
    )


class TestRefundCancelledOrder:
    def test_grants_goods_and_shipping_once(self) -> None:
        line = bought()
        before = StockLevel.objects.get(variant=line.sku).on_hand
        cancel_order(order_id=line.order_id, reason="customer")

        first = refund_cancelled_order(order_id=line.order_id)
        second = refund_cancelled_order(order_id=line.order_id)

        assert first == second
        assert (parts(first), first.kind) == ((1260, 395, 0), "cancellation")
        assert first.lines.get().quantity == 3
        assert StockLevel.objects.get(variant=line.sku).on_hand == before

    def test_grants_only_what_was_not_granted_before(self) -> None:
        line = bought()
        one = [ApprovedLine(order_line_id=line.pk, quantity=1)]
        grant_refund(order_id=line.order_id, reference="R1", actor_id=7, reason="torn", lines=one)
        cancel_order(order_id=line.order_id, reason="customer")

        assert parts(refund_cancelled_order(order_id=line.order_id)) == (840, 395, 0)

    def test_counts_goodwill_against_the_shipping_first(self) -> None:
        line = bought()
        goodwill(line, minor=500)
        cancel_order(order_id=line.order_id, reason="customer")

        refund = refund_cancelled_order(order_id=line.order_id)
        assert parts(refund) == (1155, 0, 0)
        assert (refund.lines_minor, refund.adjustments_minor) == (1260, -105)
        short = refund.adjustments.get()
        assert (short.code, short.amount_minor, short.line) == ("short", -105, refund.lines.get())
        assert short.source == "shop"

    def test_grants_nothing_where_nothing_is_left(self) -> None:
        line = bought()
        goodwill(line, minor=1655)
        cancel_order(order_id=line.order_id, reason="customer")

        assert refund_cancelled_order(order_id=line.order_id) is None

    def test_grants_nothing_for_an_order_that_never_was_paid(self) -> None:
        order_id = make_order(lines={stock_variant().sku: 1}, token="tok_3ds")
        cancel_order(order_id=order_id, reason="customer")

        assert refund_cancelled_order(order_id=order_id) is None

    @pytest.mark.django_db(transaction=True)
    def test_that_overtakes_a_granted_return_sends_all_money_back_once(self, queues) -> None:
        line = bought()
        one = [ApprovedLine(order_line_id=line.pk, quantity=1)]
        grant_refund(order_id=line.order_id, reference="R1", actor_id=7, reason="torn", lines=one)
        cancel_order(order_id=line.order_id, reason="customer")
        relay()
        queues.run_all()

        payment = Payment.objects.get()
        assert payment.refunded_minor == payment.captured_minor == 1655
        assert set(Refund.objects.values_list("state", "amount_minor")) == {
            ("paid", 420),
            ("paid", 1235),
        }


class TestRefundCancelledUnits:
    def test_grants_those_units_without_shipping(self) -> None:
        line = bought()
        cancel_units(order_id=line.order_id, quantities={line.pk: 1}, reason="not_delivered")
        relay()

        refund = Refund.objects.get()
        assert (parts(refund), refund.kind) == ((420, 0, 0), "cancellation")
        told = OutboxMessage.objects.get(type="refunds.refund.approved.v1")
        assert told.payload["kind"] == "cancellation"

    def test_grants_the_same_news_once(self) -> None:
        line = bought()

        for _ in range(2):
            refund_cancelled_units(
                order_id=line.order_id, version=5, units={line.pk: 1}, reason="lost"
            )

        assert Refund.objects.count() == 1

    def test_adds_up_to_the_whole_when_the_rest_is_cancelled_too(self) -> None:
        line = bought()
        for _ in range(3):
            cancel_units(order_id=line.order_id, quantities={line.pk: 1}, reason="lost")
            relay()

        assert sorted(Refund.objects.values_list("amount_minor", flat=True)) == [420, 420, 815]

    def test_does_not_mind_that_the_cancellation_was_heard_first(self) -> None:
        line = bought()
        cancel_units(order_id=line.order_id, quantities={line.pk: 1}, reason="lost")
        cancel_order(order_id=line.order_id, reason="customer")
        refund_cancelled_order(order_id=line.order_id)

        late = refund_cancelled_units(
            order_id=line.order_id, version=3, units={line.pk: 1}, reason="lost"
        )

        assert late is None
        assert Refund.objects.get().amount_minor == 1655
        assert not Transaction.objects.filter(kind="refund").exists()
