"""Orders above the limit wait for a manager; orders whose message was lost go on."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.events.models import Delivery, OutboxMessage
from apps.inventory.services import release_stock
from apps.orders.errors import IllegalTransition
from apps.orders.models import Order
from apps.orders.services import (
    approve_order,
    cancel_order,
    continue_order,
    expire_unapproved_orders,
    process_order,
    resume_placed_orders,
    settle_payment,
    transitions,
)
from apps.orders.types import OrderStatus
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services import capture_payment
from apps.payments.types import GatewayAnswer, GatewayRequest
from tests.factories.orders import make_order, make_request
from tests.factories.shop import stock_variant
from tests.orders.test_transitions import announced_about, money, reserved, state_of
from tests.races import race
from tests.relays import relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quiet_queues(queues) -> None:
    """Wake-ups go to the stage's queues, and nobody listens."""


@pytest.fixture(autouse=True)
def _low_limit(settings) -> None:
    settings.APPROVAL_LIMITS = {"GBP": 1_000}


def large_order(**fields: object) -> tuple[UUID, str]:
    """An order of 16.55 GBP where more than 10 need approval; and its SKU."""
    sku = stock_variant(on_hand=10).sku
    return make_order(lines={sku: 3}, **fields), sku


class TestAnOrderAboveTheLimit:
    def test_waits_with_its_money_held_and_its_goods_kept(self) -> None:
        order_id, sku = large_order()

        assert state_of(order_id) == ("awaiting_approval", "")
        payment = Payment.objects.get(reference=order_id)
        assert (payment.authorised_minor, payment.captured_minor) == (payment.amount_minor, 0)
        assert reserved(sku) == 3
        assert announced_about(order_id)[-1] == "order.awaiting_approval.v1"

    def test_is_paid_once_a_manager_approves(self) -> None:
        order_id, _ = large_order()

        approve_order(order_id=order_id, actor_id=7)
        assert state_of(order_id)[0] == "awaiting_approval"
        relay()

        assert state_of(order_id) == ("paid", "")
        assert OutboxMessage.objects.get(type="orders.order.approved.v1").actor_id == 7

    @pytest.mark.parametrize("status", ["placed", "awaiting_payment", "paid", "cancelled"])
    def test_is_approved_only_while_a_manager_is_asked(self, status: str) -> None:
        order_id, _ = large_order()
        paid_at = timezone.now() if status == "paid" else None
        Order.objects.filter(pk=order_id).update(status=status, paid_at=paid_at)

        with pytest.raises(IllegalTransition):
            approve_order(order_id=order_id, actor_id=7)

        assert Order.objects.get(pk=order_id).approved_at is None

    def test_whose_goods_are_gone_asks_no_manager(self, monkeypatch: pytest.MonkeyPatch) -> None:
        take = FakeProvider.authorise

        def too_late(gateway: FakeProvider, request: GatewayRequest) -> GatewayAnswer:
            order_id = Payment.objects.get(pk=request.payment_id).reference
            release_stock(reference=order_id)
            return take(gateway, request)

        monkeypatch.setattr(FakeProvider, "authorise", too_late)
        order_id, sku = large_order()
        relay()

        assert state_of(order_id) == ("cancelled", "sold_out")
        assert Payment.objects.get(reference=order_id).closed_at is not None
        assert (money(order_id), reserved(sku)) == ((0, 0), 0)
        assert "order.awaiting_approval.v1" not in announced_about(order_id)

    def test_is_not_expired_once_it_was_approved(self) -> None:
        order_id, _ = large_order()
        approve_order(order_id=order_id, actor_id=7)

        waiting = OrderStatus.AWAITING_APPROVAL
        assert transitions._expire(order_id, waiting=waiting, reason="approval_expired") is False
        assert state_of(order_id)[0] == "awaiting_approval"

    def test_is_captured_once_however_many_approve(self) -> None:
        order_id, _ = large_order()

        race(lambda number: approve_order(order_id=order_id, actor_id=number))
        race(lambda _: continue_order(order_id=order_id))
        relay()

        assert state_of(order_id) == ("paid", "")
        assert Transaction.objects.filter(kind="capture", outcome="succeeded").count() == 1
        assert announced_about(order_id).count("order.approved.v1") == 1
        assert announced_about(order_id).count("order.paid.v1") == 1

    def test_that_was_cancelled_cannot_be_approved(self) -> None:
        order_id, sku = large_order()
        cancel_order(order_id=order_id, reason="staff")

        with pytest.raises(IllegalTransition):
            approve_order(order_id=order_id, actor_id=7)
        relay()

        assert state_of(order_id) == ("cancelled", "staff")
        assert reserved(sku) == 0
        assert money(order_id) == (0, 0)
        assert Transaction.objects.filter(kind="void", outcome="succeeded").count() == 1

    def test_is_cancelled_when_nobody_approves_in_time(self, time_machine) -> None:
        order_id, sku = large_order()

        time_machine.move_to(timezone.now() + timedelta(hours=47, minutes=59))
        assert expire_unapproved_orders() == 0
        time_machine.move_to(timezone.now() + timedelta(minutes=2))
        assert expire_unapproved_orders() == 1
        assert expire_unapproved_orders() == 0

        assert state_of(order_id) == ("cancelled", "approval_expired")
        assert reserved(sku) == 0

    def test_that_was_approved_in_time_is_not_cancelled(self, time_machine) -> None:
        order_id, _ = large_order()
        approve_order(order_id=order_id, actor_id=7)

        time_machine.move_to(timezone.now() + timedelta(hours=49))
        assert expire_unapproved_orders() == 0
        relay()

        assert state_of(order_id) == ("paid", "")

    def test_that_was_imported_waits_for_nobody(self) -> None:
        order_id, _ = large_order(channel="import")

        assert state_of(order_id) == ("paid", "")


class TestABankThatRefusesAfterTheHold:
    def test_leaves_the_shopper_another_way_to_pay(self, settings) -> None:
        """The demo bank no longer holds 9,999.01 when it comes to taking it."""
        settings.APPROVAL_LIMITS = {}
        sku = stock_variant(on_hand=10).sku

        order_id = make_order(lines={sku: 1}, price="9995.06")

        assert state_of(order_id) == ("awaiting_payment", "payment_declined")
        assert reserved(sku) == 1
        assert money(order_id) == (0, 0)

    def test_or_when_money_goes_back_leaves_that_on_record(self, settings) -> None:
        """It refuses to send 9,999.02 back, once and for all."""
        settings.APPROVAL_LIMITS = {}
        sku = stock_variant(on_hand=10).sku
        order_id = make_order(lines={sku: 1}, price="9995.07", token="tok_3ds")
        payment = Payment.objects.get(reference=order_id)
        confirm_by_shopper(payment_id=payment.pk, agrees=True)
        payment.refresh_from_db()
        capture_payment(payment)
        cancel_order(order_id=order_id, reason="payment_expired")

        relay()
        relay()

        assert money(order_id) == (999_902, 0)
        assert Transaction.objects.filter(kind="refund", outcome="declined").count() == 1
        assert not Delivery.objects.filter(delivered_at=None).exclude(target="sns").exists()


class TestSettlePayment:
    def test_of_an_order_that_is_paid_reads_no_more_than_that(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        order_id = make_order(lines={stock_variant().sku: 1})
        told = announced_about(order_id)

        # Its transaction, and the order.
        with django_assert_num_queries(3):
            settle_payment(order_id=order_id)

        assert (state_of(order_id), announced_about(order_id)) == (("paid", ""), told)


class TestResumePlacedOrders:
    def test_goes_on_with_an_order_whose_message_was_lost(
        self, monkeypatch: pytest.MonkeyPatch, settings, time_machine
    ) -> None:
        settings.APPROVAL_LIMITS = {}
        request = make_request(lines={stock_variant().sku: 3})
        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "authorise", _time_out)
            outage.setattr(FakeProvider, "fetch", _time_out)
            with pytest.raises(GatewayUnavailable):
                process_order(request=request)
        order = Order.objects.get()

        assert resume_placed_orders() == 0
        time_machine.move_to(timezone.now() + timedelta(minutes=11))
        assert resume_placed_orders() == 1

        assert state_of(order.pk) == ("paid", "")
        assert resume_placed_orders() == 0


def _time_out(*_: object) -> None:
    raise GatewayTimeout
