"""Orders change state by the machine's steps only, and their stock and money follow."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.events.models import OutboxMessage
from apps.inventory.models import Reservation, StockLevel
from apps.orders.errors import IllegalTransition
from apps.orders.models import Order, OrderLine
from apps.orders.services import (
    cancel_order,
    cancel_units,
    complete_order,
    continue_order,
    erase_guest,
    expire_unapproved_orders,
    expire_unpaid_orders,
    process_order,
    reject_unpaid,
    return_money,
    settle_payment,
    transitions,
)
from apps.orders.types import OrderStatus
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import Payment, Transaction
from apps.payments.providers.fake import FakeProvider
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services import capture_payment
from apps.payments.services.ledger import record_capture
from apps.payments.types import GatewayAnswer, Outcome
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order, make_rejected_order, make_request
from tests.factories.shop import stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quiet_queues(queues) -> None:
    """Wake-ups go to the stage's queues, and nobody listens."""


def order_in(status: str) -> tuple[UUID, str]:
    """An order for three of ten units, in the given state; and its SKU."""
    sku = stock_variant(on_hand=10).sku
    if status == "placed":
        request = make_request(lines={sku: 3})
        with pytest.MonkeyPatch.context() as outage:
            outage.setattr(FakeProvider, "authorise", _time_out)
            outage.setattr(FakeProvider, "fetch", _time_out)
            with pytest.raises(GatewayUnavailable):
                process_order(request=request)
        return Order.objects.get().pk, sku
    if status == "rejected":
        return make_rejected_order(lines={sku: 3}), sku
    tokens = {"paid": "tok_success", "awaiting_payment": "tok_3ds"}
    return make_order(lines={sku: 3}, token=tokens[status]), sku


def _time_out(*_: object) -> None:
    raise GatewayTimeout


def state_of(order_id: UUID) -> tuple[str, str]:
    order = Order.objects.get(pk=order_id)
    return order.status, order.reason


def reserved(sku: str) -> int:
    return StockLevel.objects.get(variant=sku).reserved


def money(order_id: UUID) -> tuple[int, int]:
    """Captured and refunded."""
    payment = Payment.objects.get(reference=order_id)
    return payment.captured_minor, payment.refunded_minor


def announced_about(order_id: UUID) -> list[str]:
    about = OutboxMessage.objects.filter(subject=str(order_id)).order_by("id")
    return [type_.split(".", 1)[1] for type_ in about.values_list("type", flat=True)]


class TestCancelOrder:
    @pytest.mark.parametrize("status", ["placed", "awaiting_payment", "paid"])
    def test_frees_the_stock(self, status: str) -> None:
        order_id, sku = order_in(status)
        assert reserved(sku) == 3

        cancel_order(order_id=order_id, reason="customer")

        assert state_of(order_id) == ("cancelled", "customer")
        assert reserved(sku) == 0

    def test_of_a_paid_order_gives_the_money_back_once_it_is_heard_of(self, queues) -> None:
        order_id, _ = order_in("paid")
        paid, _ = money(order_id)

        cancel_order(order_id=order_id, reason="customer")
        assert money(order_id) == (paid, 0)
        relay()
        queues.run_all()

        assert money(order_id) == (paid, paid)
        assert Transaction.objects.filter(kind="refund", outcome="succeeded").count() == 1
        assert "payment.refunded.v1" in announced_about(order_id)

    @pytest.mark.parametrize("status", ["placed", "awaiting_payment"])
    def test_of_an_unpaid_order_closes_its_payment(self, status: str) -> None:
        order_id, _ = order_in(status)

        cancel_order(order_id=order_id, reason="customer")
        relay()

        payment = Payment.objects.get(reference=order_id)
        assert payment.closed_at is not None
        assert money(order_id) == (0, 0)

    def test_lets_go_of_money_that_was_only_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        request = make_request(lines={stock_variant().sku: 3})
        with monkeypatch.context() as outage:
            outage.setattr(FakeProvider, "capture", _time_out)
            outage.setattr(FakeProvider, "fetch", _time_out)
            with pytest.raises(GatewayUnavailable):
                process_order(request=request)
        order = Order.objects.get()

        cancel_order(order_id=order.pk, reason="customer")
        relay()

        assert Transaction.objects.filter(kind="void", outcome="succeeded").count() == 1
        assert money(order.pk) == (0, 0)

    @pytest.mark.parametrize("status", ["rejected", "cancelled"])
    def test_of_a_stopped_order_is_refused_and_changes_nothing(self, status: str) -> None:
        order_id, sku = order_in("rejected" if status == "rejected" else "paid")
        if status == "cancelled":
            cancel_order(order_id=order_id, reason="customer")
        before = Order.objects.values().get()
        announced = announced_about(order_id)

        with pytest.raises(IllegalTransition) as refusal:
            cancel_order(order_id=order_id, reason="staff")

        assert refusal.value.details == {"current": status, "target": "cancelled"}
        assert Order.objects.values().get() == before
        assert announced_about(order_id) == announced
        assert reserved(sku) == 0

    def test_says_who_did_it(self) -> None:
        order_id, _ = order_in("paid")

        cancel_order(order_id=order_id, reason="staff", actor_id=7)

        assert OutboxMessage.objects.get(type="orders.order.cancelled.v1").actor_id == 7

    def test_raises_the_version_that_it_announces(self) -> None:
        order_id, _ = order_in("paid")
        before = Order.objects.get().version

        cancel_order(order_id=order_id, reason="customer")

        payload = OutboxMessage.objects.get(type="orders.order.cancelled.v1").payload
        assert payload["version"] == Order.objects.get().version == before + 1


class TestCancelUnits:
    def test_of_a_whole_line_keeps_the_rest_until_nothing_is_left(self) -> None:
        skus = [stock_variant(on_hand=10).sku for _ in range(2)]
        order_id = make_order(lines=dict.fromkeys(skus, 2))
        gone, kept = Order.objects.get().lines.order_by("position")

        cancel_units(order_id=order_id, quantities={gone.pk: 2}, reason="not_delivered")
        assert state_of(order_id) == ("paid", "")
        assert announced_about(order_id)[-1] == "order.units_cancelled.v1"
        cancel_units(order_id=order_id, quantities={kept.pk: 2}, reason="not_delivered")

        assert state_of(order_id) == ("cancelled", "not_delivered")
        assert announced_about(order_id)[-1] == "order.cancelled.v1"

    def test_of_all_goods_ends_an_order_in_which_only_a_fee_is_left(self) -> None:
        order_id, _ = order_in("paid")
        (goods,) = Order.objects.get().lines.all()
        OrderLine.objects.create(
            order_id=order_id,
            position=1,
            sku="M",
            title="Fee",
            quantity=1,
            list_price=1,
            unit_price=1,
            amount_minor=0,
            paid_minor=0,
            tax_minor=0,
            tax_rate=0,
            currency="GBP",
            stocked=False,
        )

        cancel_units(order_id=order_id, quantities={goods.pk: 3}, reason="not_delivered")

        assert state_of(order_id) == ("cancelled", "not_delivered")


class TestCompleteOrder:
    def test_of_one_that_is_not_paid_says_nothing(self) -> None:
        order_id, _ = order_in("awaiting_payment")
        announced = announced_about(order_id)

        assert complete_order(order_id=order_id) is False

        assert state_of(order_id) == ("awaiting_payment", "")
        assert announced_about(order_id) == announced


class TestEraseGuest:
    def test_asks_once(self) -> None:
        order_in("paid")
        assert erase_guest(email="ADA@example.com") == 1
        asked_at = Order.objects.get().erasure_asked_at

        assert erase_guest(email="ada@example.com") == 0
        assert Order.objects.get().erasure_asked_at == asked_at

    def test_leaves_the_sales_to_a_customer_to_the_account(self) -> None:
        customer = UserFactory.create(email="ada@example.com")
        order_in("paid")
        Order.objects.update(customer=customer)

        assert erase_guest(email="ada@example.com") == 0
        assert Order.objects.get().erasure_asked_at is None


class TestExpireUnpaidOrders:
    def late(self, order_id: UUID) -> None:
        Order.objects.filter(pk=order_id).update(pay_by=timezone.now() - timedelta(seconds=1))

    def test_cancels_what_nobody_paid_in_time(self) -> None:
        order_id, sku = order_in("awaiting_payment")
        self.late(order_id)

        assert expire_unpaid_orders() == 1
        relay()

        assert state_of(order_id) == ("cancelled", "payment_expired")
        assert reserved(sku) == 0
        assert Payment.objects.get(reference=order_id).closed_at is not None
        assert expire_unpaid_orders() == 0

    def test_a_poisoned_order_keeps_no_other_waiting(self) -> None:
        """Its stock has drifted, so that nothing can be given back; it is the oldest, too."""
        poisoned, bad_sku = order_in("awaiting_payment")
        self.late(poisoned)
        StockLevel.objects.filter(variant=bad_sku).update(reserved=0)
        fresh, sku = order_in("awaiting_payment")
        self.late(fresh)

        assert expire_unpaid_orders() == 1

        assert state_of(poisoned)[0] == "awaiting_payment"
        assert state_of(fresh) == ("cancelled", "payment_expired")
        assert reserved(sku) == 0

    def test_an_unapproved_one_neither(self, settings) -> None:
        settings.APPROVAL_LIMITS = {"GBP": 1}
        orders = []
        for _ in range(2):
            sku = stock_variant(on_hand=10).sku
            orders.append((make_order(lines={sku: 3}), sku))
        Order.objects.update(approve_by=timezone.now() - timedelta(seconds=1))
        StockLevel.objects.filter(variant=orders[0][1]).update(reserved=0)

        assert expire_unapproved_orders() == 1

        assert [state_of(order_id)[0] for order_id, _ in orders] == [
            "awaiting_approval",
            "cancelled",
        ]

    @pytest.mark.parametrize("status", ["placed", "paid", "rejected"])
    def test_leaves_other_states_alone(self, status: str) -> None:
        order_id, _ = order_in(status)
        self.late(order_id)

        assert expire_unpaid_orders() == 0
        assert state_of(order_id)[0] == status

    def test_leaves_an_order_its_time(self) -> None:
        order_id, sku = order_in("awaiting_payment")

        assert expire_unpaid_orders() == 0
        assert state_of(order_id) == ("awaiting_payment", "")
        assert reserved(sku) == 3

    def test_leaves_an_order_that_was_paid_while_it_looked(self) -> None:
        order_id, sku = order_in("awaiting_payment")
        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=True)
        continue_order(order_id=order_id)

        waiting = OrderStatus.AWAITING_PAYMENT
        assert transitions._expire(order_id, waiting=waiting, reason="payment_expired") is False

        assert state_of(order_id) == ("paid", "")
        assert reserved(sku) == 3


class TestSettlePayment:
    def test_pays_an_order_whose_shopper_agreed(self) -> None:
        order_id, sku = order_in("awaiting_payment")

        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=True)
        relay()

        order = Order.objects.get()
        assert (order.status, order.action_url) == ("paid", "")
        assert order.paid_at is not None
        assert reserved(sku) == 3
        assert Reservation.objects.get(reference=order_id).expires_at is None

    def test_once_more_changes_nothing(self) -> None:
        order_id, _ = order_in("paid")
        before, announced = Order.objects.values().get(), announced_about(order_id)

        settle_payment(order_id=order_id)

        assert Order.objects.values().get() == before
        assert announced_about(order_id) == announced

    def test_of_an_order_cancelled_meanwhile_lets_go_of_what_was_held(self) -> None:
        order_id, sku = order_in("awaiting_payment")
        cancel_order(order_id=order_id, reason="payment_expired")
        # The news has not been heard yet, so the bank still takes the shopper's word.
        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=True)

        relay()

        assert money(order_id) == (0, 0)
        assert Transaction.objects.filter(kind="void", outcome="succeeded").count() == 1
        assert state_of(order_id) == ("cancelled", "payment_expired")
        assert reserved(sku) == 0

    def test_of_an_order_cancelled_meanwhile_returns_the_money(self) -> None:
        order_id, sku = order_in("awaiting_payment")
        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=True)
        capture_payment(Payment.objects.get())
        cancel_order(order_id=order_id, reason="payment_expired")

        relay()

        paid, returned = money(order_id)
        assert paid == returned > 0
        assert state_of(order_id) == ("cancelled", "payment_expired")
        assert reserved(sku) == 0
        assert Transaction.objects.filter(kind="refund", outcome="succeeded").count() == 1

    def test_of_an_order_whose_end_was_heard_of_long_ago_returns_the_money(self) -> None:
        order_id, _ = order_in("awaiting_payment")
        cancel_order(order_id=order_id, reason="payment_expired")
        relay()
        taken = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="late")
        record_capture(Payment.objects.get(), answer=taken)

        relay()

        paid, returned = money(order_id)
        assert paid == returned > 0
        assert "payment.came_late.v1" in announced_about(order_id)


class TestReturnMoney:
    def test_leaves_the_money_of_a_paid_order_to_its_refund(self) -> None:
        order_id, _ = order_in("paid")
        cancel_order(order_id=order_id, reason="customer")

        return_money(order_id=order_id)

        assert money(order_id)[1] == 0

    def test_finishes_what_a_crash_cut_short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        order_id, _ = order_in("awaiting_payment")
        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=True)
        capture_payment(Payment.objects.get())
        cancel_order(order_id=order_id, reason="payment_expired")

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as crash:
            crash.setattr(FakeProvider, "refund", die)
            with pytest.raises(KeyboardInterrupt):
                return_money(order_id=order_id)

        return_money(order_id=order_id)

        refunds = Transaction.objects.filter(kind="refund").order_by("id")
        assert list(refunds.values_list("outcome", flat=True)) == ["claimed", "succeeded"]
        paid, returned = money(order_id)
        assert returned == paid


class TestRejectUnpaid:
    def test_frees_stock_and_says_so_once_the_time_to_pay_otherwise_is_over(self) -> None:
        order_id, sku = order_in("awaiting_payment")

        confirm_by_shopper(payment_id=Payment.objects.get().pk, agrees=False)
        relay()
        assert state_of(order_id) == ("awaiting_payment", "payment_declined")
        assert reserved(sku) == 3
        Order.objects.update(pay_by=timezone.now())
        expire_unpaid_orders()

        assert state_of(order_id) == ("rejected", "payment_declined")
        assert reserved(sku) == 0
        assert announced_about(order_id)[-1] == "order.rejected.v1"

    def test_leaves_a_paid_order_alone(self) -> None:
        order_id, sku = order_in("paid")

        reject_unpaid(order_id=order_id, reason="payment_declined")

        assert state_of(order_id) == ("paid", "")
        assert reserved(sku) == 3
