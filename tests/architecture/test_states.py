"""docs/states.md draws the states of orders, shipments, refunds and payments as the code moves them.

Each verb is tried on something in each state, and what it moved is compared with what is drawn.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import models, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.core.errors import DomainError
from apps.core.types import Money
from apps.inventory.services import release_stock
from apps.orders import rules
from apps.orders.models import Order, OrderLine
from apps.orders.types import OrderStatus
from apps.payments.models import Payment
from apps.payments.providers.fake.provider import CAPTURE_REFUSED, REFUND_REFUSED, SHOPPER
from apps.payments.types import GatewayAnswer, Outcome
from apps.refunds.models import Refund, RefundRequest
from apps.refunds.types import ApprovedLine, CreditedLine, RefundState, RequestState
from apps.shipping.models import Shipment
from apps.shipping.rules import CALLED_BACK, ShipmentStatus
from tests.architecture.source import ROOT
from tests.factories.orders import make_order
from tests.factories.payments import make_payment
from tests.factories.refunds import ask_back, bought
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import stock_variant

Arrow = tuple[str, str, str]
# What a verb is called, and a call of it; several calls of one verb are told apart by what they bring.
Try = tuple[str, Callable[[], object]]

PAGE = ROOT / "docs" / "states.md"
START = "●"
ARROW = re.compile(
    r"^(?P<sources>[●a-z_, ]+?) +─+ (?P<verbs>[a-z_, ]+?) ─+► (?P<targets>[a-z_, ]+)$"
)
PAYMENT_STATES = ("open", "awaiting_shopper", "authorised", "captured", "refunded", "closed")
# The app of each diagram, and its states.
MACHINES: dict[str, tuple[str, Iterable[str]]] = {
    "Order": ("orders", OrderStatus),
    "Payment": ("payments", PAYMENT_STATES),
    "Shipment": ("shipping", ShipmentStatus),
    "Refund": ("refunds", RefundState),
    "Refund request": ("refunds", RequestState),
}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queues")]


def drawn(machine: str, *, page: str | None = None) -> set[Arrow]:
    """The arrows of one diagram, each as the state before, the verb and the state after."""
    text = page if page is not None else PAGE.read_text()
    _, _, section = text.partition(f"## {machine}\n")
    block = section.split("```")[1].removeprefix("text\n")
    arrows = set()
    for line in block.strip().splitlines():
        match = ARROW.match(line)
        assert match, line
        sources, verbs, targets = (
            match[one].split(", ") for one in ("sources", "verbs", "targets")
        )
        arrows |= {(a, verb, b) for a in sources for verb in verbs for b in targets}
    return arrows


def steps(machine: str) -> set[Arrow]:
    """The drawn arrows between states, without those that begin something."""
    return {arrow for arrow in drawn(machine) if arrow[0] != START}


def service(app: str, name: str) -> Callable[..., Any]:
    """A service of an app by its name, in whichever module of its services it stands."""
    package = importlib.import_module(f"apps.{app}.services")
    names = [one.name for one in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    # The demo bank's page has a service of its own.
    names += ["apps.payments.providers.fake.services"] if app == "payments" else []
    for module in [package, *map(importlib.import_module, names)]:
        if found := getattr(module, name, None):
            assert callable(found)
            return found
    raise LookupError(f"{app} has no service {name}")


def moves(
    states: Iterable[str],
    *,
    enter: Callable[[str], object],
    state_of: Callable[[], str],
    tries: Sequence[Try],
) -> set[Arrow]:
    """Every step that some call makes from some state."""
    found = set()
    for source, (verb, call) in product(map(str, states), tries):
        before = transaction.savepoint()
        enter(source)
        assert state_of() == source
        with suppress(DomainError):
            call()
        if (target := state_of()) != source:
            found.add((source, verb, target))
        transaction.savepoint_rollback(before)
    return found


def value_of(row: models.Model, field: str) -> Callable[[], str]:
    return lambda: str(type(row)._default_manager.values_list(field, flat=True).get(pk=row.pk))


class TestOrder:
    def moves(self) -> set[Arrow]:
        order = Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))
        (line,) = order.lines.all()
        late = timezone.now() - timedelta(days=1)

        def enter(status: str) -> None:
            paid_at = order.paid_at if status in {"paid", "completed"} else None
            Order.objects.filter(pk=order.pk).update(
                status=status, paid_at=paid_at, pay_by=late, approve_by=late
            )

        def without_goods(call: Callable[[], object]) -> Callable[[], object]:
            def run() -> None:
                release_stock(reference=order.pk)
                call()

            return run

        def declined(call: Callable[[], object], *, in_time: bool) -> Callable[[], object]:
            def run() -> None:
                Payment.objects.filter(reference=order.pk).update(
                    captured_minor=0, authorised_minor=0, closed_at=late
                )
                pay_by = timezone.now() + timedelta(hours=1) if in_time else late
                Order.objects.filter(pk=order.pk).update(reason="payment_declined", pay_by=pay_by)
                call()

            return run

        def mark_paid() -> None:
            service("orders", "mark_paid")(Order.objects.get(pk=order.pk), lines=[line])

        def calls(name: str, **arguments: Any) -> Try:
            return name, lambda: service("orders", name)(**arguments)

        approval = calls("mark_awaiting_approval", order_id=order.pk)
        waiting, expiry = (
            calls("wait_for_payment", order_id=order.pk),
            calls("expire_unpaid_orders"),
        )
        units = {line.pk: 1}
        return moves(
            OrderStatus,
            enter=enter,
            state_of=value_of(order, "status"),
            tries=[
                (waiting[0], declined(waiting[1], in_time=True)),
                (waiting[0], declined(waiting[1], in_time=False)),
                calls("give_up_payment", order_id=order.pk),
                approval,
                ("mark_awaiting_approval", without_goods(approval[1])),
                ("mark_paid", mark_paid),
                ("mark_paid", without_goods(mark_paid)),
                calls("reject_unpaid", order_id=order.pk, reason="payment_declined"),
                calls("cancel_order", order_id=order.pk, reason="customer"),
                calls("cancel_units", order_id=order.pk, quantities=units, reason="not_delivered"),
                calls("complete_order", order_id=order.pk),
                expiry,
                (expiry[0], declined(expiry[1], in_time=False)),
                calls("expire_unapproved_orders"),
            ],
        )

    def test_moves_as_drawn(self) -> None:
        assert self.moves() == steps("Order")

    def test_moves_only_where_its_table_lets_it(self) -> None:
        table = {(a.value, b.value) for a, targets in rules._NEXT.items() for b in targets}

        assert {(a, b) for a, _, b in steps("Order")} == table


class TestPayment:
    def test_moves_as_drawn(self) -> None:
        found = set[Arrow]()
        for token in ("tok_success", "tok_decline", SHOPPER):
            for minor in (1235, CAPTURE_REFUSED):
                found |= self.moves(make_payment(token=token, minor=minor))

        assert found == steps("Payment")

    def moves(self, payment: Payment) -> set[Arrow]:
        def fresh() -> Payment:
            return Payment.objects.get(pk=payment.pk)

        def enter(state: str) -> None:
            Payment.objects.filter(pk=payment.pk).update(**columns_of(state, payment))

        def capture() -> None:
            """A gateway takes nothing that it does not hold, whoever asks it."""
            if state_of_payment(fresh()) == "authorised":
                service("payments", "capture_payment")(fresh())

        def refund(minor: int) -> Try:
            money = Money(minor, payment.currency)
            return "refund_payments", lambda: service("payments", "refund_payments")(
                reference=payment.reference, amount=money, key="k"
            )

        def confirm(*, agrees: bool) -> Try:
            return "confirm_by_shopper", lambda: service("payments", "confirm_by_shopper")(
                payment_id=payment.pk, agrees=agrees
            )

        def hear(answer: GatewayAnswer) -> Try:
            return "record_standing", lambda: service("payments", "record_standing")(
                fresh(), answer=answer
            )

        return moves(
            PAYMENT_STATES,
            enter=enter,
            state_of=lambda: state_of_payment(fresh()),
            tries=[
                ("authorise_payment", lambda: service("payments", "authorise_payment")(fresh())),
                confirm(agrees=True),
                confirm(agrees=False),
                ("capture_payment", capture),
                (
                    "void_payment",
                    lambda: service("payments", "void_payment")(payment_id=payment.pk),
                ),
                refund(payment.amount_minor),
                refund(1),
                (
                    "return_undue",
                    lambda: service("payments", "return_undue")(
                        reference=payment.reference, whole=True
                    ),
                ),
                (
                    "open_next_attempt",
                    lambda: service("payments", "open_next_attempt")(
                        reference=payment.reference,
                        total=payment.amount,
                        gateway="fake",
                        token="tok_timeout",
                    ),
                ),
                *map(hear, answers_about(payment)),
            ],
        )


def answers_about(payment: Payment) -> list[GatewayAnswer]:
    """All that a gateway may say of how a payment stands."""
    whole = payment.amount_minor
    taken = {"captured_minor": whole, "reference": "x"}
    return [
        GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="x"),
        GatewayAnswer(outcome=Outcome.DECLINED, reason="declined"),
        GatewayAnswer(
            outcome=Outcome.ACTION_REQUIRED, reference="x", action_url="https://b.example"
        ),
        GatewayAnswer(outcome=Outcome.SUCCEEDED, **taken),
        GatewayAnswer(outcome=Outcome.SUCCEEDED, refunded_minor=whole, **taken),
    ]


def columns_of(state: str, payment: Payment) -> dict[str, Any]:
    """What the row of a payment holds in a state."""
    whole = payment.amount_minor
    return {
        "action_url": "https://bank.example" if state == "awaiting_shopper" else "",
        "authorised_minor": whole if state in {"authorised", "captured", "refunded"} else 0,
        "captured_minor": whole if state in {"captured", "refunded"} else 0,
        "refunded_minor": whole if state == "refunded" else 0,
        "closed_at": timezone.now() if state == "closed" else None,
    }


def state_of_payment(payment: Payment) -> str:
    """The state that docs/states.md gives to what a payment's row holds."""
    if payment.captured_minor:
        return "refunded" if payment.refunded_minor == payment.captured_minor else "captured"
    if payment.closed_at:
        return "closed"
    if payment.authorised_minor:
        return "authorised"
    return "awaiting_shopper" if payment.action_url else "open"


class TestShipment:
    def test_moves_as_drawn(self) -> None:
        assert self.moves() == steps("Shipment")

    def moves(self) -> set[Arrow]:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})
        order = shipment.order_id

        def enter(status: str) -> None:
            late = timezone.now() - timedelta(days=1)
            has_left = status in {"shipped", "delivered"}
            OrderLine.objects.filter(order=order).update(shipped_quantity=int(has_left))
            Shipment.objects.filter(pk=shipment.pk).update(
                status=status,
                due_at=late,
                shipped_at=late if has_left else None,
                delivered_at=late if status == "delivered" else None,
            )

        def told(status: str) -> Try:
            return "receive_callback", lambda: tell(shipment, status)

        def calls(name: str, **arguments: Any) -> Try:
            return name, lambda: service("shipping", name)(**arguments)

        return moves(
            ShipmentStatus,
            enter=enter,
            state_of=value_of(shipment, "status"),
            tries=[
                *map(told, sorted(CALLED_BACK)),
                calls("give_up_overdue"),
                calls("withdraw_shipments", order_id=order, reason="cancelled"),
                calls("request_filled_shipments", order_id=order, warehouse=shipment.warehouse),
            ],
        )


class TestRefund:
    def test_moves_as_drawn(self, settings: Settings) -> None:
        settings.APPROVAL_LIMITS = {}
        line = bought(quantity=1, price="20000.00")
        found = set[Arrow]()
        for goodwill in (840, REFUND_REFUSED):
            refund = service("refunds", "grant_refund")(
                order_id=line.order_id,
                reference=f"G{goodwill}",
                actor_id=7,
                reason="it arrived wet",
                goodwill_minor=goodwill,
            )
            found |= self.moves(refund)
        credit = service("refunds", "approve_credit")(
            reference="C1",
            party="Ada",
            currency="GBP",
            reason="an old sale",
            lines=[CreditedLine(sku=line.sku, quantity=1, amount_minor=100)],
        )

        assert found | self.moves(credit) == steps("Refund")

    def moves(self, refund: Refund) -> set[Arrow]:
        key = str(refund.pk)

        def enter(state: str) -> None:
            paid_at = timezone.now() if state == RefundState.PAID else None
            Refund.objects.filter(pk=refund.pk).update(state=state, paid_at=paid_at)

        def note_paid() -> None:
            """The gateway has sent it, and that is heard in whatever state the refund is by then."""
            state = value_of(refund, "state")()
            if refund.order_id:
                enter(RefundState.APPROVED)
                service("refunds", "pay_back")(refund_id=refund.pk)
                enter(state)
            service("refunds", "note_paid")(refund_key=key)

        def calls(name: str, **arguments: Any) -> Try:
            return name, lambda: service("refunds", name)(**arguments)

        return moves(
            RefundState,
            enter=enter,
            state_of=value_of(refund, "state"),
            tries=[
                calls("pay_back", refund_id=refund.pk),
                ("note_paid", note_paid),
                # A credit without a sale is paid by no gateway, so none can tell of it.
                *(
                    [calls("note_returned", refund_key=key, reason="gone")]
                    if refund.order_id
                    else []
                ),
                calls("retry_refund", refund_id=refund.pk, actor_id=7),
                calls("settle_otherwise", refund_id=refund.pk, actor_id=7, note="in cash"),
            ],
        )


class TestRefundRequest:
    def test_moves_as_drawn(self) -> None:
        request = ask_back(bought())
        (line,) = request.lines.all()
        approved = ApprovedLine(order_line_id=line.order_line_id, quantity=1)

        def enter(state: str) -> None:
            RefundRequest.objects.filter(pk=request.pk).update(
                state=state,
                decided_at=None if state == RequestState.REQUESTED else timezone.now(),
                decided_by=None if state == RequestState.REQUESTED else 7,
                refusal_reason="worn" if state == RequestState.REFUSED else "",
            )

        assert moves(
            RequestState,
            enter=enter,
            state_of=value_of(request, "state"),
            tries=[
                (
                    "approve_request",
                    lambda: service("refunds", "approve_request")(
                        request_id=request.pk, actor_id=7, lines=[approved]
                    ),
                ),
                (
                    "refuse_request",
                    lambda: service("refunds", "refuse_request")(
                        request_id=request.pk, actor_id=7, reason="worn"
                    ),
                ),
            ],
        ) == steps("Refund request")


class TestThePage:
    @pytest.mark.parametrize("machine", MACHINES)
    def test_names_states_and_verbs_that_are_there(self, machine: str) -> None:
        app, states = MACHINES[machine]
        arrows = drawn(machine)

        assert {target for _, _, target in arrows} == set(states)
        assert START in {source for source, _, _ in arrows}
        assert all(service(app, verb) for _, verb, _ in arrows)

    def test_a_verb_that_is_not_there_is_noticed(self) -> None:
        with pytest.raises(LookupError):
            service("orders", "mark_payed")

    def test_is_read_arrow_by_arrow(self) -> None:
        page = "## Thing\n```text\n● ── make ─► one\none, two ── go, run ───► three\n```\n"

        assert drawn("Thing", page=page) == {
            ("●", "make", "one"),
            ("one", "go", "three"),
            ("one", "run", "three"),
            ("two", "go", "three"),
            ("two", "run", "three"),
        }
