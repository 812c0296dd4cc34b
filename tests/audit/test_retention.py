"""Rows go when their time is over and not before; what is open, owed or asked for by law stays."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.accounts.models import AccessRequest, TokenFamily
from apps.audit import services, tasks
from apps.audit.selectors import count_expired, list_retention, list_violations
from apps.audit.services import retention
from apps.cart.models import Cart, CartAddition, CartStatus
from apps.cart.services import put_line
from apps.core.models import SweepFailure, new_id
from apps.core.services import deadline_at
from apps.core.types import Retention
from apps.deadletters.models import DeadLetter, TaskFailure
from apps.downstream.models import Receipt, Replay
from apps.events.models import Delivery, OutboxMessage
from apps.inventory.models import Movement, Reservation, StockDrift, StockLevel, Warehouse
from apps.jobs.models import Job
from apps.notifications.models import Message
from apps.orders.models import MissingOrder, Order, PlacementConflict
from apps.payments.models import Discrepancy, WebhookEvent
from tests.factories.accounts import UserFactory
from tests.factories.shop import stock_variant
from tests.factories.trade import trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_shop")]

EXPIRING = [one for one in list_retention() if one.days is not None]


@pytest.fixture(scope="module")
def old_shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One shop for all tests here, each of which is undone: something of each kind that grows old."""
    with django_db_blocker.unblock():
        trade()
        _leave_more_behind(timezone.now())
        try:
            yield
        finally:
            call_command("flush", verbosity=0, interactive=False)


def _leave_more_behind(now: datetime) -> None:
    """What is over and what is still open, of each kind that trade does not leave."""
    user = UserFactory.create()
    for event in OutboxMessage.objects.all()[:2]:
        Receipt.objects.create(message=event, system="crm", received_at=now, acknowledged_at=now)
    Replay.objects.create(id=new_id(), system="crm", choice={}, count=1)
    for state, queue in (
        ("parked", "tasks-dlq"),
        ("redriven", "orders-dlq"),
        ("waiting", "tasks-dlq"),
    ):
        DeadLetter.objects.create(
            queue=queue,
            message_id=state,
            body="{}",
            sent_at=now,
            state=state,
            decided_at=None if state == "waiting" else now,
        )
    TaskFailure.objects.create(task_id="t", task="a.b", error="E")
    for state in ("done", "running"):
        Job.objects.create(id=new_id(), work="a.b", title=state, rows=0, state=state)
    SweepFailure.objects.create(sweep="s", key="k", error="E", failed_at=now, due_at=now)
    AccessRequest.objects.create(id=new_id(), wish="account", email="a@example.com", language="en")
    TokenFamily.objects.create(id=new_id(), customer=user, newest=new_id(), renewed_at=now)
    Session.objects.create(session_key="s", session_data="", expire_date=now)
    LogEntry.objects.create(user=user, object_repr="x", action_flag=CHANGE)
    PlacementConflict.objects.create(
        order=Order.objects.all()[0], fingerprint="f", gateway="fake", accepted_at=now
    )
    for settled_at in (now, None):
        MissingOrder.objects.create(
            id=new_id(),
            number="A",
            accepted_at=now,
            looked_at=now,
            noticed_at=now,
            settled_at=settled_at,
        )
        StockDrift.objects.create(
            warehouse=Warehouse.objects.all()[0],
            sku="S",
            figure="on_hand",
            recorded=1,
            computed=2,
            found_at=now,
            seen_at=now,
            settled_at=settled_at,
        )
        Discrepancy.objects.create(
            gateway="fake",
            gateway_reference=f"{settled_at}",
            kind="unknown",
            amount_minor=1,
            currency="GBP",
            first_seen_at=now,
            settled_at=settled_at,
        )
    WebhookEvent.objects.create(
        gateway="fake", event_id="e", type="t", digest="d", outcome="ignored"
    )
    _leave_carts(user.pk)


def _leave_carts(customer_id: int) -> None:
    for status, owner in (
        (CartStatus.OPEN, None),
        (CartStatus.OPEN, customer_id),
        (CartStatus.ORDERED, customer_id),
    ):
        cart = Cart.objects.create(id=new_id(), status=status, customer_id=owner)
        CartAddition.objects.create(cart=cart, key_digest="k", sku="S", quantity=1)


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the shop believe that so much time has passed."""
    began = timezone.now()

    def go(**passed: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: began + timedelta(**passed))

    return go


def rows_of(model: str) -> int:
    return int(apps.get_model(model)._base_manager.count())


def gone() -> dict[str, int]:
    """Prune; how many rows of each model went."""
    told: dict[str, int] = {}

    def tell(one: Retention, rows: int) -> None:
        told[one.model] = told.get(one.model, 0) + rows

    assert services.prune(tell=tell)
    return {model: rows for model, rows in told.items() if rows}


class TestEachKind:
    @pytest.mark.parametrize("one", EXPIRING, ids=lambda one: f"{one.model} {one.days}")
    def test_goes_when_its_time_is_over_and_not_before(self, one: Retention) -> None:
        days, now = timedelta(days=one.days or 0), timezone.now()

        assert count_expired(one, at=now + days - timedelta(hours=1)) == 0
        assert count_expired(one, at=now + days + timedelta(hours=1)) > 0

    @pytest.mark.parametrize("one", EXPIRING, ids=lambda one: f"{one.model} {one.days}")
    def test_is_gone_after_a_night(self, one: Retention, travel: Callable[..., None]) -> None:
        before = rows_of(one.model)
        travel(days=(one.days or 0) + 1)

        assert gone()[one.model] > 0
        assert rows_of(one.model) < before
        assert count_expired(one, at=timezone.now()) == 0


class TestPruning:
    @pytest.mark.parametrize("days", [1, 31, 91, 181, 401, 4_000])
    def test_breaks_no_promise(self, days: int, travel: Callable[..., None]) -> None:
        MissingOrder.objects.filter(settled_at=None).delete()
        travel(days=days)
        services.prune()

        assert list_violations() == []

    def test_has_nothing_left_to_do_the_next_time(self, travel: Callable[..., None]) -> None:
        travel(days=4_000)

        assert len(gone()) > 15
        assert gone() == {}

    def test_leaves_the_books_and_all_that_is_open(self, travel: Callable[..., None]) -> None:
        event = OutboxMessage.objects.all()[0]
        Delivery.objects.filter(pk=event.deliveries.all()[0].pk).update(delivered_at=None)
        kept = ("orders.Order", "orders.OrderLine", "payments.Payment", "payments.Transaction")
        kept += ("invoicing.Document", "shipping.Shipment", "refunds.Refund", "accounts.User")
        before = {model: rows_of(model) for model in kept}
        promised = Reservation.objects.filter(released_at=None).count()
        travel(days=4_000)
        gone()

        assert {model: rows_of(model) for model in kept} == before
        assert Reservation.objects.count() == promised > 0
        assert [one.pk for one in OutboxMessage.objects.all()] == [event.pk]
        assert [one.state for one in DeadLetter.objects.all()] == ["waiting"]
        assert [one.status for one in Cart.objects.all()] == ["open"]
        assert Cart.objects.get().customer_id
        for model in (MissingOrder, Discrepancy, StockDrift):
            assert [one.settled_at for one in model.objects.all()] == [None]

    def test_keeps_the_letter_of_an_order_that_is_missed(self, travel: Callable[..., None]) -> None:
        missing = MissingOrder.objects.filter(settled_at=None).get()
        DeadLetter.objects.filter(queue="orders-dlq").update(identity=str(missing.pk))
        travel(days=4_000)
        gone()

        assert DeadLetter.objects.filter(queue="orders-dlq").exists()

    def test_lets_the_letter_of_an_order_go_that_was_missed_and_came(
        self, travel: Callable[..., None]
    ) -> None:
        missing = MissingOrder.objects.filter(settled_at=None).get()
        came = Order.objects.all()[0].pk
        MissingOrder.objects.filter(pk=missing.pk).update(id=came)
        DeadLetter.objects.filter(queue="orders-dlq").update(identity=str(came))
        travel(days=91)
        gone()

        assert not DeadLetter.objects.filter(queue="orders-dlq").exists()

    def test_lets_a_mail_go_that_a_crash_left_behind(self, travel: Callable[..., None]) -> None:
        mail = Message.objects.all()[0]
        Message.objects.filter(pk=mail.pk).update(state="sending")
        travel(days=181)
        gone()

        assert not Message.objects.filter(pk=mail.pk).exists()

    def test_keeps_a_cart_that_was_touched(self, travel: Callable[..., None]) -> None:
        guest = Cart.objects.get(customer=None)
        sku = stock_variant().sku
        travel(days=20)
        put_line(cart_id=guest.pk, sku=sku, quantity=1)
        travel(days=40)
        gone()

        assert Cart.objects.filter(pk=guest.pk).exists()

    def test_rolls_movements_up_into_one_balance(self, travel: Callable[..., None]) -> None:
        on_hand = dict(StockLevel.objects.values_list("variant_id", "on_hand"))
        travel(days=401)
        gone()

        balances = list(Movement.objects.values_list("sku", "quantity", "reason"))
        assert sorted(balances) == sorted((sku, units, "opening") for sku, units in on_hand.items())


class TestBatches:
    def test_are_small(self, travel: Callable[..., None]) -> None:
        TaskFailure.objects.bulk_create(
            TaskFailure(task_id=f"{number}", task="a.b", error="E") for number in range(1_200)
        )
        travel(days=15)
        deleted: list[int] = []

        def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            result = execute(sql, params, many, context)
            if sql.startswith('DELETE FROM "deadletters_taskfailure"'):
                deleted.append(context["cursor"].rowcount)
            return result

        with connection.execute_wrapper(count):
            gone()

        assert sum(deleted) == 1_201
        assert max(deleted) <= 500

    def test_stop_before_the_time_is_over_and_another_goes_on(
        self, travel: Callable[..., None]
    ) -> None:
        travel(days=4_000)
        with deadline_at(time.monotonic() + 5):
            assert services.prune() is False
        assert TaskFailure.objects.exists()

        assert services.prune() is True
        assert not TaskFailure.objects.exists()

    @pytest.mark.parametrize("stuck", [["350"], ["0", "1", "699"]])
    def test_that_hold_a_row_that_cannot_go_let_all_others_go(
        self, stuck: list[str], travel: Callable[..., None], caplog: Any, capfd: Any
    ) -> None:
        TaskFailure.objects.bulk_create(
            TaskFailure(task_id=f"{number}", task="a.b", error="E") for number in range(700)
        )
        refuse_to_delete(f"OLD.task_id IN ({', '.join(map(repr, stuck))})")
        travel(days=4_000)
        services.prune()

        left = TaskFailure.objects.order_by("pk")
        assert [one.task_id for one in left] == stuck
        for one in left:
            assert f"rows of deadletters.TaskFailure cannot go: [{one.pk!r}]" in caplog.text
        assert not Session.objects.exists()
        assert f'"PruneFailures": [{len(stuck)}]' in capfd.readouterr().out

    def test_of_which_none_can_go_end_for_the_night(
        self, travel: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capfd: Any
    ) -> None:
        monkeypatch.setattr(retention, "_MOST_STUCK", 2)
        TaskFailure.objects.bulk_create(
            TaskFailure(task_id=f"{number}", task="a.b", error="E") for number in range(4)
        )
        refuse_to_delete("true")
        travel(days=4_000)

        assert services.prune() is True
        assert TaskFailure.objects.count() == 5
        assert '"PruneFailures": [2]' in capfd.readouterr().out

    def test_that_go_are_on_record_as_no_failure(
        self, travel: Callable[..., None], capfd: Any
    ) -> None:
        travel(days=15)
        services.prune()

        assert '"PruneFailures": [0]' in capfd.readouterr().out

    def test_of_a_model_that_cannot_be_asked_stop_no_other(
        self, travel: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capfd: Any
    ) -> None:
        wrong = Retention(model="deadletters.TaskFailure", why="", days=1, expired="SELECT 1 / 0")
        monkeypatch.setattr(retention, "list_retention", lambda: (wrong, *list_retention()))
        travel(days=15)
        services.prune()

        assert not TaskFailure.objects.exists()
        assert '"PruneFailures": [1]' in capfd.readouterr().out


def refuse_to_delete(condition: str) -> None:
    """Let the database keep the rows of failed tasks for which a condition holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF ({condition}) THEN RAISE integrity_constraint_violation; END IF;"
            " RETURN OLD; END $$;"
            " CREATE TRIGGER refuse BEFORE DELETE ON deadletters_taskfailure"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )


class TestTheTask:
    @pytest.mark.parametrize(("seconds", "sent"), [(5, 1), (500, 0)])
    def test_has_another_go_on_if_time_is_short(
        self, seconds: int, sent: int, queues: Any, travel: Callable[..., None]
    ) -> None:
        travel(days=15)
        with deadline_at(time.monotonic() + seconds):
            assert tasks.prune() is (sent == 0)

        assert queues.unfinished("bulk") == sent


class TestTheCommand:
    def test_says_what_would_go(self, travel: Callable[..., None]) -> None:
        travel(days=15)
        out = StringIO()
        call_command("prune", "--dry-run", stdout=out)

        assert "1 deadletters.TaskFailure" in out.getvalue()
        assert TaskFailure.objects.exists()

    def test_lets_it_go(self, travel: Callable[..., None]) -> None:
        travel(days=15)
        out = StringIO()
        call_command("prune", stdout=out)

        assert "1 deadletters.TaskFailure" in out.getvalue()
        assert not TaskFailure.objects.exists()
