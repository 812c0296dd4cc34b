"""Whatever happens to an order's payments, in the end the shop has what the order says, and no more."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.selectors import list_violations
from apps.core.errors import DomainError
from apps.orders.models import Order
from apps.orders.services import (
    begin_payment,
    cancel_order,
    expire_unpaid_orders,
    give_up_payment,
)
from apps.payments.models import Payment
from apps.payments.providers.fake.services import confirm_by_shopper
from apps.payments.services import reconcile
from apps.payments.services.ledger import record_capture, record_late_answer
from apps.payments.types import GatewayAnswer, Outcome
from apps.refunds.models import Refund
from apps.refunds.services import grant_refund
from tests.factories.orders import make_draft, make_order
from tests.factories.payments import share_of
from tests.factories.shop import stock_variant
from tests.properties import examples
from tests.queues import Queues
from tests.relays import relay

TOTAL = make_draft(lines={"A": 2}).totals.total_minor
TOKENS = st.sampled_from(["tok_success", "tok_decline", "tok_3ds", "tok_timeout"])
WHICH = st.integers(0, 9)


@st.composite
def shares(draw: Any) -> list[tuple[str, int]]:
    """One to four shares, which cover the total or leave a rest."""
    count = draw(st.integers(1, 4))
    cuts = sorted(draw(st.sets(st.integers(1, TOTAL), min_size=count, max_size=count)))
    if draw(st.booleans()):
        cuts[-1] = TOTAL
    return [(draw(TOKENS), end - start) for start, end in zip([0, *cuts], cuts, strict=False)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), TOKENS),
        st.tuples(st.just("agree"), WHICH),
        st.tuples(st.just("refuse"), WHICH),
        st.tuples(st.just("late hold"), WHICH),
        st.tuples(st.just("late money"), WHICH),
        st.tuples(st.just("goodwill"), st.integers(1, TOTAL)),
        st.tuples(st.sampled_from(["cancel", "expire", "give up", "relay"]), st.none()),
    ),
    max_size=12,
)


@pytest.mark.django_db
class TestAnySequence:
    @settings(
        max_examples=examples(120),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(shares=shares(), steps=STEPS)
    def test_leaves_what_the_order_says(
        self, queues: Queues, shares: list[tuple[str, int]], steps: list[tuple[str, Any]]
    ) -> None:
        order = Order.objects.get(
            pk=make_order(
                lines={stock_variant(on_hand=2).sku: 2},
                shares=[share_of(minor, token=token) for token, minor in shares],
            )
        )
        for number, (step, choice) in enumerate(steps):
            with suppress(DomainError):
                happen(order, step, choice, number=number)
            if step == "relay":
                relay()
        settle(queues)

        assert kept(order) == owed(order), steps
        assert by_every_payment_no_more_went_back_than_came()

    def test_breaks_no_promise(self, queues: Queues) -> None:
        """One long story, against every invariant of the shop."""
        order = Order.objects.get(
            pk=make_order(
                lines={stock_variant(on_hand=2).sku: 2},
                shares=[share_of(300, token="tok_3ds"), share_of(TOTAL - 300, token="tok_decline")],
            )
        )
        story = [
            ("pay", "tok_success"), ("late money", 0), ("relay", None), ("pay", "tok_decline"),
            ("pay", "tok_3ds"), ("agree", 0), ("relay", None), ("goodwill", 400),
            ("late money", 0), ("cancel", None),
        ]  # fmt: skip
        for number, (step, choice) in enumerate(story):
            with suppress(DomainError):
                happen(order, step, choice, number=number)
            relay()
        settle(queues)

        assert list_violations() == []


def happen(order: Order, step: str, choice: Any, *, number: int) -> None:
    """Let one step of a story happen to the order; what the shop refuses raises."""
    match step:
        case "pay":
            begin_payment(order_id=order.pk, gateway="fake", token=choice, customer_id=None)
        case "agree" | "refuse":
            waiting = Payment.objects.filter(reference=order.pk).exclude(action_url="")
            for payment in chosen(waiting, choice):
                confirm_by_shopper(payment_id=payment.pk, agrees=step == "agree")
        case "late hold" | "late money":
            closed = Payment.objects.filter(reference=order.pk).exclude(closed_at=None)
            for payment in chosen(closed, choice):
                tell_late(payment, is_taken=step == "late money")
        case "goodwill":
            reference = f"{order.pk}:{number}"
            grant_refund(
                order_id=order.pk, reference=reference, actor_id=1, reason="late",
                goodwill_minor=choice,
            )  # fmt: skip
        case _:
            end(order, step)


def end(order: Order, step: str) -> None:
    if step == "cancel":
        cancel_order(order_id=order.pk, reason="customer")
    if step == "expire":
        Order.objects.filter(pk=order.pk).update(pay_by=timezone.now())
        expire_unpaid_orders()
    if step == "give up":
        give_up_payment(order_id=order.pk)


def chosen(payments: QuerySet[Payment], choice: int) -> list[Payment]:
    """One of the payments, if there is any."""
    found = list(payments.order_by("pk"))
    return [found[choice % len(found)]] if found else []


def tell_late(payment: Payment, *, is_taken: bool) -> None:
    """The bank says of a payment that is over that it went well."""
    answer = GatewayAnswer(
        outcome=Outcome.SUCCEEDED,
        reference="late",
        captured_minor=payment.amount_minor if is_taken else 0,
    )
    (record_capture if is_taken else record_late_answer)(payment, answer=answer)


def settle(queues: Queues) -> None:
    """Let everything that was announced come to its end, and the reconciler look after the rest."""
    for _ in range(3):
        relay()
        queues.run_all()
    reconcile(now=timezone.now() + timedelta(minutes=10))
    relay()


def kept(order: Order) -> int:
    """What the shop has of the order's money."""
    left = Sum(F("captured_minor") - F("refunded_minor"))
    return int(Payment.objects.filter(reference=order.pk).aggregate(left=left)["left"] or 0)


def owed(order: Order) -> int:
    """What it may keep, as the order and its refunds say."""
    order.refresh_from_db()
    if order.paid_at is None or order.status == "cancelled":
        return 0
    granted = Refund.objects.filter(order=order).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return order.total_minor - int(granted)


def by_every_payment_no_more_went_back_than_came() -> bool:
    return not Payment.objects.filter(refunded_minor__gt=F("captured_minor")).exists()
