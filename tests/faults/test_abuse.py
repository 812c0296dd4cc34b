"""Everybody presses at once (A22): one effect."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from apps.core.errors import DomainError
from apps.core.models import new_id
from apps.core.types import Money
from apps.inventory.models import StockLevel
from apps.orders.errors import AlreadyShipped
from apps.orders.models import Order, OrderLine
from apps.orders.services import cancel_order, continue_order, transitions
from apps.orders.types import OrderStatus
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services import refund_payments, refunds
from apps.refunds.models import Refund, RefundRequest
from apps.refunds.services import approve_request, requests
from apps.refunds.types import ApprovedLine
from apps.shipping.errors import ShipmentWithdrawn
from tests.factories.orders import make_order
from tests.factories.refunds import ask_back, bought, sent
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import stock_variant
from tests.races import race
from tests.relays import relay

TIMES = 50
ROUNDS = 10

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queues")]


def in_crowds(act: Callable[[int], object]) -> None:
    """Fifty times, on as many connections as the test database bears at once."""
    race(act, runners=TIMES)


def ledger(kind: str) -> int:
    return Transaction.objects.filter(kind=kind, outcome="succeeded").count()


def approve_in_crowds(request: RefundRequest, line: OrderLine) -> int:
    """Fifty members of staff approve two units at once; how many were let through."""

    def press(number: int) -> bool:
        try:
            approve_request(
                request_id=request.pk,
                actor_id=number,
                lines=[ApprovedLine(order_line_id=line.pk, quantity=2, restock=True)],
            )
        except DomainError:
            return False
        return True

    return sum(race(press, runners=TIMES))


class TestFiftyRefunds:
    def test_of_one_key_send_the_money_once(self, reached: Callable[..., None]) -> None:
        order_id = make_order(lines={stock_variant().sku: 3})
        payment = Payment.objects.get(reference=order_id)

        in_crowds(
            lambda _: refund_payments(reference=order_id, amount=payment.amount, key="a return")
        )

        payment.refresh_from_db()
        assert payment.refunded_minor == payment.captured_minor
        assert ledger("refund") == 1
        reached(
            "A22",
            f"{TIMES} refunds of one key at once",
            to_reach="the money goes back once",
            number="1 refund",
        )


class TestFiftyApprovals:
    def test_of_one_request_refund_once(self, reached: Callable[..., None], queues) -> None:
        line = sent(quantity=10)
        request = ask_back(line, quantity=2)

        granted = approve_in_crowds(request, line)
        relay()
        queues.run_all()

        assert granted == 1
        assert (Refund.objects.count(), ledger("refund")) == (1, 1)
        assert Payment.objects.get().refunded_minor == 840
        reached(
            "A22",
            f"{TIMES} parallel approvals of one request",
            to_reach="one refund",
            number="1 refund, 1 entry of the ledger",
        )


class TestADoubleClickOnPay:
    def test_pays_once(self, reached: Callable[..., None]) -> None:
        order_id = make_order(lines={stock_variant().sku: 3}, token="tok_3ds")
        payment_id = Payment.objects.get(reference=order_id).pk

        def pay(_: int) -> None:
            confirm_by_shopper(payment_id=payment_id, agrees=True)
            continue_order(order_id=order_id)

        in_crowds(pay)
        while relay():
            pass

        assert Order.objects.get().status == "paid"
        assert (ledger("authorise"), ledger("capture")) == (1, 1)
        reached(
            "A22",
            f"the bank's page confirmed {TIMES} times at once",
            to_reach="one capture, one paid order",
            number="1 hold, 1 capture, 1 paid order",
        )


def cancel_and_ship(sku: str) -> tuple[str, ...]:
    """Staff cancel while the parcel leaves; returns what each was told."""
    (shipment,) = make_shipments(lines={sku: 1})

    def act(number: int) -> str:
        try:
            if number % 2:
                tell(shipment, "shipped")
                return "shipped"
            cancel_order(order_id=shipment.order_id, reason="customer")
        except (AlreadyShipped, ShipmentWithdrawn) as refusal:
            return refusal.code
        else:
            return "cancelled"

    return tuple(sorted(set(race(act, runners=2))))


class TestCancellingWhileGoodsLeave:
    def test_has_one_winner(self, reached: Callable[..., None]) -> None:
        sku = stock_variant(on_hand=ROUNDS).sku

        ends = Counter(cancel_and_ship(sku) for _ in range(ROUNDS))
        while relay():
            pass

        assert set(ends) <= {("already_shipped", "shipped"), ("cancelled", "shipment_withdrawn")}
        level = StockLevel.objects.get(variant=sku)
        assert (level.on_hand, level.reserved) == (0, 0)
        reached(
            "A22",
            f"{ROUNDS} orders cancelled while their parcels leave",
            to_reach="either cancelled or shipped, and the shelf right",
            number=", ".join(f"{count} × {' / '.join(end)}" for end, count in ends.items()),
        )


@pytest.mark.control
class TestControls:
    def test_without_a_stable_key_money_goes_back_more_than_once(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        order_id = make_order(lines={stock_variant().sku: 3})
        payment = Payment.objects.get(reference=order_id)
        numbers = iter(range(TIMES))
        monkeypatch.setattr(refunds, "_key_of", lambda *_: f"key {next(numbers)}")
        third = Money(payment.amount_minor // 3, payment.currency)

        race(lambda _: refund_payments(reference=order_id, amount=third, key="a return"), runners=3)

        assert ledger("refund") == 3
        reached(
            "A22",
            "… control: refunds without a stable key",
            to_reach="money goes back more than once",
            number="3 refunds of one return",
        )

    def test_without_the_lock_one_request_is_refunded_more_than_once(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None], queues
    ) -> None:
        line = bought(quantity=10)
        request = ask_back(line, quantity=2)
        grant = requests.grant_priced

        def grant_without_guards(order: Order, **decision: Any) -> Refund:
            time.sleep(0.2)
            return grant(order, **{**decision, "reference": str(new_id()), "request": None})

        monkeypatch.setattr(requests, "lock_order", lambda pk: Order.objects.get(pk=pk))
        monkeypatch.setattr(requests, "_decide", lambda *_, **__: None)
        monkeypatch.setattr(requests, "grant_priced", grant_without_guards)

        granted = approve_in_crowds(request, line)
        relay()
        queues.run_all()

        assert granted > 1
        assert ledger("refund") > 1
        # Even then the payment's own claim stops what was never captured.
        payment = Payment.objects.get()
        assert payment.refunded_minor <= payment.captured_minor
        reached(
            "A22",
            "… control: approvals without lock and condition",
            to_reach="more than one refund",
            number=f"{granted} refunds granted, {ledger('refund')} paid",
        )

    def test_without_looking_under_the_lock_shipped_goods_are_cancelled(
        self, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant(on_hand=1).sku
        (shipment,) = make_shipments(lines={sku: 1})
        tell(shipment, "shipped")

        with transaction.atomic():
            transitions._move(shipment.order_id, OrderStatus.CANCELLED, reason="customer")
            transitions._wind_up(shipment.order_id, actor_id=None)

        line = Order.objects.get().lines.get()
        assert (Order.objects.get().status, line.shipped_quantity) == ("cancelled", 1)
        reached(
            "A22",
            "… control: cancelled by its state alone",
            to_reach="shipped goods are cancelled",
            number="1 order both shipped and cancelled",
        )
