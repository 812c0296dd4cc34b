"""An order is paid by several ways, or by another once one was declined; what nobody owes goes back."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.audit.selectors import list_violations
from apps.inventory.models import StockLevel
from apps.orders.errors import NotPayable
from apps.orders.models import Order
from apps.orders.services import (
    approve_order,
    begin_payment,
    cancel_order,
    expire_unpaid_orders,
    give_up_payment,
)
from apps.payments.errors import (
    AccountNeeded,
    NothingDue,
    PaymentUnderWay,
    TooManyAttempts,
    UnknownPaymentToken,
)
from apps.payments.models import Payment
from apps.payments.providers.fake.provider import CAPTURE_REFUSED
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services.ledger import record_capture
from apps.payments.types import GatewayAnswer, Outcome
from apps.refunds.models import Refund
from apps.refunds.services import grant_refund
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order
from tests.factories.payments import make_credit_account, share_of
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queues")]

# Of the order below, in pence.
TOTAL = 1235


def order_of(*shares: tuple[str, int]) -> Order:
    """Two units at 4.20 with delivery, by these tokens and amounts."""
    order_id = make_order(
        lines={stock_variant(on_hand=10).sku: 2},
        shares=[share_of(minor, token=token) for token, minor in shares],
    )
    return Order.objects.get(pk=order_id)


def pay_by(
    order: Order, token: str, *, gateway: str = "fake", customer_id: int | None = None
) -> None:
    begin_payment(order_id=order.pk, gateway=gateway, token=token, customer_id=customer_id)
    relay()
    order.refresh_from_db()


def state_of(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    return order.status, order.reason


def money(order: Order) -> list[tuple[int, int, int, int]]:
    """Share, attempt, captured and refunded of each of its payments."""
    payments = Payment.objects.filter(reference=order.pk).order_by("share", "attempt")
    return list(payments.values_list("share", "attempt", "captured_minor", "refunded_minor"))


def pages(order: Order) -> list[UUID]:
    """The payments whose shopper is waited for, in the order in which they were opened."""
    waiting = Payment.objects.filter(reference=order.pk).exclude(action_url="")
    return list(waiting.order_by("share", "attempt").values_list("pk", flat=True))


class TestADeclinedCard:
    def test_is_followed_by_another_on_the_same_order(self) -> None:
        order = order_of(("tok_decline", TOTAL))
        assert state_of(order) == ("awaiting_payment", "payment_declined")

        pay_by(order, "tok_success")

        assert state_of(order) == ("paid", "")
        assert money(order) == [(0, 1, 0, 0), (0, 2, TOTAL, 0)]
        assert StockLevel.objects.get().reserved == 2
        assert list_violations() == []

    def test_may_be_followed_by_another_that_is_declined(self) -> None:
        order = order_of(("tok_decline", TOTAL))

        pay_by(order, "tok_decline")
        assert state_of(order) == ("awaiting_payment", "payment_declined")
        pay_by(order, "tok_3ds")
        assert state_of(order) == ("awaiting_payment", "")
        confirm_by_shopper(payment_id=pages(order)[0], agrees=True)
        relay()

        assert state_of(order) == ("paid", "")
        assert [attempt for _, attempt, _, _ in money(order)] == [1, 2, 3]

    def test_of_a_share_leaves_the_other_share_as_it_is(self) -> None:
        order = order_of(("tok_success", 500), ("tok_decline", TOTAL - 500))
        assert state_of(order) == ("awaiting_payment", "payment_declined")

        pay_by(order, "tok_success")

        assert state_of(order) == ("paid", "")
        assert money(order) == [(0, 1, 500, 0), (1, 1, 0, 0), (1, 2, TOTAL - 500, 0)]

    def test_that_nothing_follows_frees_the_goods_and_gives_back_the_other_share(self) -> None:
        order = order_of(("tok_success", 500), ("tok_decline", TOTAL - 500))
        Order.objects.update(pay_by=timezone.now())

        assert expire_unpaid_orders() == 1
        relay()

        assert state_of(order) == ("rejected", "payment_declined")
        assert StockLevel.objects.get().reserved == 0
        held = Payment.objects.get(reference=order.pk, share=0)
        assert (held.captured_minor, held.released_at is not None) == (0, True)
        assert list_violations() == []

    def test_that_comes_to_light_when_money_is_taken_gets_as_long_again(self, settings) -> None:
        """A manager agreed a day later, and the bank holds the money no more."""
        settings.APPROVAL_LIMITS = {"GBP": 1}
        sku = stock_variant(on_hand=10).sku
        order = Order.objects.get(pk=make_order(lines={sku: 1}, price="9995.06"))
        assert Payment.objects.get().amount_minor == CAPTURE_REFUSED
        Order.objects.update(pay_by=timezone.now() - timedelta(days=1))

        approve_order(order_id=order.pk, actor_id=UserFactory.create().pk)
        relay()

        assert state_of(order) == ("awaiting_payment", "payment_declined")
        assert order.pay_by
        assert order.pay_by > timezone.now() + timedelta(minutes=20)

    def test_of_a_message_that_waited_too_long_is_the_end_at_once(self) -> None:
        from apps.orders.services import process_order
        from tests.factories.orders import make_request

        request = make_request(lines={stock_variant(on_hand=10).sku: 2}, token="tok_decline")
        request["accepted_at"] = timezone.now() - timedelta(hours=2)

        order = Order.objects.get(pk=process_order(request=request))

        assert state_of(order) == ("rejected", "payment_declined")


class TestSharesThatDoNotCoverTheTotal:
    def test_wait_for_the_rest_with_the_deposit_held(self) -> None:
        order = order_of(("tok_success", 235))

        assert state_of(order) == ("awaiting_payment", "")
        assert money(order) == [(0, 1, 0, 0)]
        assert Payment.objects.get().authorised_minor == 235

        pay_by(order, "tok_success")

        assert state_of(order) == ("paid", "")
        assert money(order) == [(0, 1, 235, 0), (1, 1, 1000, 0)]
        assert list_violations() == []

    def test_that_are_never_completed_are_let_go(self) -> None:
        order = order_of(("tok_success", 235))
        Order.objects.update(pay_by=timezone.now())

        expire_unpaid_orders()
        relay()

        assert state_of(order) == ("cancelled", "payment_expired")
        assert Payment.objects.get().released_at is not None
        assert list_violations() == []

    def test_are_given_up_by_the_shopper(self) -> None:
        order = order_of(("tok_success", 235))

        give_up_payment(order_id=order.pk)
        relay()

        assert state_of(order) == ("rejected", "given_up")
        assert StockLevel.objects.get().reserved == 0
        assert Payment.objects.get().released_at is not None
        with pytest.raises(NotPayable):
            give_up_payment(order_id=order.pk)


class TestAnotherWay:
    def test_takes_the_place_of_a_page_that_the_shopper_left(self) -> None:
        order = order_of(("tok_3ds", TOTAL))
        (left,) = pages(order)

        pay_by(order, "tok_success")

        assert state_of(order) == ("paid", "")
        old = Payment.objects.get(pk=left)
        assert (old.closed_at is not None, old.released_at is not None) == (True, True)
        assert list_violations() == []

    def test_has_what_the_page_takes_later_sent_back(self) -> None:
        order = order_of(("tok_3ds", TOTAL))
        (left,) = pages(order)
        pay_by(order, "tok_success")

        record_capture(
            Payment.objects.get(pk=left),
            answer=GatewayAnswer(outcome=Outcome.SUCCEEDED, captured_minor=TOTAL),
        )
        relay()

        assert money(order) == [(0, 1, TOTAL, TOTAL), (0, 2, TOTAL, 0)]
        assert state_of(order) == ("paid", "")
        assert list_violations() == []

    def test_pays_a_page_that_took_money_while_nothing_else_had(self) -> None:
        """Late money never pays: the shopper was told that it goes back."""
        order = order_of(("tok_decline", TOTAL))
        declined = Payment.objects.get()

        record_capture(
            declined, answer=GatewayAnswer(outcome=Outcome.SUCCEEDED, captured_minor=TOTAL)
        )
        relay()

        assert state_of(order) == ("awaiting_payment", "payment_declined")
        assert money(order) == [(0, 1, TOTAL, TOTAL)]

    def test_is_the_same_attempt_while_its_answer_is_awaited(self) -> None:
        order = order_of(("tok_decline", TOTAL))

        for _ in range(3):
            begin_payment(order_id=order.pk, gateway="fake", token="tok_success", customer_id=None)
        relay()

        assert [attempt for _, attempt, _, _ in money(order)] == [1, 2]

    def test_begins_with_the_first_share_that_is_not_held(self) -> None:
        """The second has the same card, and was not asked for yet."""
        order = order_of(("tok_decline", 500), ("tok_success", TOTAL - 500))

        pay_by(order, "tok_success")

        assert state_of(order) == ("paid", "")
        assert money(order) == [(0, 1, 0, 0), (0, 2, 500, 0), (1, 1, TOTAL - 500, 0)]

    def test_asked_for_by_its_name_pays_nothing_else_however_late_it_is_repeated(self) -> None:
        order = order_of(("tok_decline", 500))
        wish = {
            "order_id": order.pk, "gateway": "fake", "token": "tok_success", "customer_id": None,
            "expected": "0.2",
        }  # fmt: skip

        for _ in range(3):
            begin_payment(**wish)
            relay()

        assert money(order) == [(0, 1, 0, 0), (0, 2, 0, 0)]
        assert state_of(order) == ("awaiting_payment", "")
        with pytest.raises(PaymentUnderWay):
            begin_payment(**{**wish, "token": "tok_3ds"})

    def test_must_wait_for_the_answer_of_the_one_before(self) -> None:
        order = order_of(("tok_decline", TOTAL))
        begin_payment(order_id=order.pk, gateway="fake", token="tok_success", customer_id=None)

        with pytest.raises(PaymentUnderWay):
            begin_payment(order_id=order.pk, gateway="fake", token="tok_3ds", customer_id=None)

    def test_is_refused_where_nothing_is_due(self) -> None:
        order = order_of(("tok_success", TOTAL))
        with pytest.raises(NotPayable):
            pay_by(order, "tok_success")
        Order.objects.update(status="awaiting_payment", pay_by=timezone.now() + timedelta(hours=1))

        with pytest.raises(NothingDue):
            pay_by(order, "tok_success")

    def test_is_refused_once_the_time_is_over(self) -> None:
        order = order_of(("tok_decline", TOTAL))
        Order.objects.update(pay_by=timezone.now())

        with pytest.raises(NotPayable):
            pay_by(order, "tok_success")

    def test_is_tried_so_often_and_no_more(self) -> None:
        order = order_of(("tok_decline", TOTAL))
        for _ in range(9):
            pay_by(order, "tok_decline")

        with pytest.raises(TooManyAttempts):
            pay_by(order, "tok_success")

    def test_must_be_known(self) -> None:
        order = order_of(("tok_decline", TOTAL))

        with pytest.raises(UnknownPaymentToken):
            pay_by(order, "tok_unknown")

    def test_is_the_account_of_the_orders_own_customer_alone(self) -> None:
        customer = UserFactory.create()
        make_credit_account(customer_id=customer.pk)
        order = order_of(("tok_decline", TOTAL))

        with pytest.raises(AccountNeeded):
            pay_by(order, "PO-7", gateway="account")
        with pytest.raises(AccountNeeded):
            pay_by(order, "PO-7", gateway="account", customer_id=customer.pk)
        Order.objects.update(customer=customer)
        pay_by(order, "PO-7", gateway="account", customer_id=customer.pk)

        assert state_of(order) == ("paid", "")


class TestMoneyOfSeveralPayments:
    def test_goes_back_by_the_first_share_first(self, queues: Queues) -> None:
        order = order_of(("tok_success", 500), ("tok_success", TOTAL - 500))

        for reference, minor in (("one", 300), ("two", 300)):
            grant_refund(
                order_id=order.pk, reference=reference, actor_id=1, reason="late",
                goodwill_minor=minor,
            )  # fmt: skip
            relay()
            queues.run_all()
            relay()

        assert money(order) == [(0, 1, 500, 500), (1, 1, TOTAL - 500, 100)]
        assert set(Refund.objects.values_list("state", flat=True)) == {"paid"}
        assert list_violations() == []

    def test_goes_back_whole_when_the_order_is_cancelled(self, queues: Queues) -> None:
        order = order_of(("tok_success", 500), ("tok_success", TOTAL - 500))

        cancel_order(order_id=order.pk, reason="customer")
        relay()
        queues.run_all()
        relay()

        assert money(order) == [(0, 1, 500, 500), (1, 1, TOTAL - 500, TOTAL - 500)]
        assert list_violations() == []

    def test_of_which_a_bank_refuses_its_part_is_asked_for_that_part_again(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from apps.payments.providers.fake import FakeProvider
        from apps.refunds.services import retry_refund

        order = order_of(("tok_success", 500), ("tok_success", TOTAL - 500))
        refund = FakeProvider.refund
        refused = GatewayAnswer(outcome=Outcome.DECLINED, reason="the card is gone")
        with monkeypatch.context() as bank:
            bank.setattr(
                FakeProvider,
                "refund",
                lambda self, asked: refused if asked.amount.minor == 500 else refund(self, asked),
            )
            cancel_order(order_id=order.pk, reason="customer")
            relay()
            queues.run_all()
            relay()
        granted = Refund.objects.get()
        assert (granted.state, granted.failure) == ("failed", "the card is gone")
        assert money(order) == [(0, 1, 500, 0), (1, 1, TOTAL - 500, TOTAL - 500)]

        retry_refund(refund_id=granted.pk, actor_id=1)
        relay()
        queues.run_all()
        relay()

        granted.refresh_from_db()
        assert granted.state == "paid"
        assert money(order) == [(0, 1, 500, 500), (1, 1, TOTAL - 500, TOTAL - 500)]
        assert list_violations() == []
