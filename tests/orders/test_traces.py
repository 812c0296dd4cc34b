"""An order that was accepted and then vanished is noticed; one that waits is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.selectors import list_violations
from apps.checkout.services import place
from apps.core.models import new_id
from apps.deadletters.models import DeadLetter
from apps.deadletters.services import note_failure
from apps.orders import gateways
from apps.orders.errors import MalformedRequest
from apps.orders.models import MissingOrder
from apps.orders.selectors import count_missing
from apps.orders.services import look_again, look_for_order, process_order, settle_missing
from apps.orders.services.traces import send_trace_safely
from tests.checkout.shoppers import SECRET, quote_cart
from tests.factories.checkout import ways
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.queues import Queues

pytestmark = pytest.mark.django_db


@pytest.fixture
def backlog(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Whether the orders queue is empty."""
    state = {"empty": True}
    monkeypatch.setattr(gateways, "is_queue_empty", lambda: state["empty"])
    return state


def trace_of(order_id: Any = None, *, minutes: int = 15) -> dict[str, Any]:
    return {
        "order_id": str(order_id or new_id()),
        "accepted_at": (timezone.now() - timedelta(minutes=minutes)).isoformat(),
    }


def look_a_quarter_of_an_hour_later() -> int:
    MissingOrder.objects.update(looked_at=timezone.now() - timedelta(minutes=16))
    return look_again()


def miss(trace: dict[str, Any]) -> None:
    """Let the order of a trace be noticed as missing."""
    look_for_order(trace=trace)
    look_a_quarter_of_an_hour_later()


def accepted_later() -> None:
    """An order that was accepted now, and written."""
    process_order(request=make_request(lines={stock_variant().sku: 1}))


class TestLookForOrder:
    @pytest.mark.parametrize("token", ["tok_success", "tok_decline"])
    def test_is_content_with_a_sale_and_with_a_rejection(self, token: str) -> None:
        order_id = process_order(request=make_request(lines={stock_variant().sku: 1}, token=token))

        assert look_for_order(trace=trace_of(order_id)) == "written"
        assert MissingOrder.objects.count() == 0

    def test_is_content_with_a_dead_letter(self) -> None:
        order_id = new_id()
        DeadLetter.objects.create(
            queue="orders-dlq", message_id="m", body="", identity=str(order_id),
            sent_at=timezone.now(),
        )  # fmt: skip

        assert look_for_order(trace=trace_of(order_id)) == "dead_letter"

    def test_refuses_what_is_no_trace(self) -> None:
        with pytest.raises(MalformedRequest):
            look_for_order(trace={"order_id": "x"})


class TestLookAgain:
    @pytest.mark.parametrize("is_empty", [True, False])
    def test_misses_what_is_nowhere_once_the_queue_has_moved_on(
        self, backlog: dict[str, bool], is_empty: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        backlog["empty"] = is_empty
        accepted_later()
        trace = trace_of()

        assert look_for_order(trace=trace) == "waiting"
        assert look_again() == 0, "not before a message that failed could come back"
        assert count_missing() == 0
        assert look_a_quarter_of_an_hour_later() == 1

        missing = MissingOrder.objects.get()
        assert str(missing.pk) == trace["order_id"]
        assert count_missing() == 1
        assert '"OrdersUnaccounted": [1]' in capsys.readouterr().out

    def test_waits_while_the_queue_has_a_backlog(self, backlog: dict[str, bool]) -> None:
        backlog["empty"] = False

        miss(trace_of())

        assert (count_missing(), MissingOrder.objects.count()) == (0, 1)

    def test_waits_while_the_message_is_tried(self, backlog: Any) -> None:
        order_id = new_id()
        note_failure(task_id=str(order_id), task="orders.process_order", error="OperationalError")

        miss(trace_of(order_id))

        assert count_missing() == 0

    def test_forgets_what_has_come(self, backlog: Any) -> None:
        request = make_request(lines={stock_variant().sku: 1})
        look_for_order(trace=trace_of(request["draft"]["id"]))
        process_order(request=request)

        look_a_quarter_of_an_hour_later()

        assert MissingOrder.objects.count() == 0

    def test_misses_an_order_once(self, backlog: Any) -> None:
        trace = trace_of()
        miss(trace)
        miss(trace)

        assert MissingOrder.objects.count() == 1


class TestMissingOrder:
    def test_is_found_again_when_the_shopper_repeats(self, backlog: Any) -> None:
        request = make_request(lines={stock_variant().sku: 1})
        miss(trace_of(request["draft"]["id"]))
        assert count_missing() == 1

        process_order(request=request)

        assert count_missing() == 0

    def test_is_settled_once(self, backlog: Any, admin_user: User) -> None:
        miss(trace_of())
        order_id = MissingOrder.objects.get().pk

        assert settle_missing(order_id=order_id, actor_id=admin_user.pk)
        assert not settle_missing(order_id=order_id, actor_id=admin_user.pk)
        assert count_missing() == 0


class TestAnOrderTakenFromTheQueueByHand:
    """Placed over HTTP, its message deleted: the trace finds out, without it nobody does."""

    @pytest.mark.parametrize("traced", [True, pytest.param(False, marks=pytest.mark.control)])
    def test_is_missed(
        self,
        queues: Queues,
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
        traced: bool,
    ) -> None:
        settings.TRACE_SECONDS = 0
        if not traced:
            monkeypatch.setattr(gateways, "send_trace", lambda *_, **__: None)
        signed = quote_cart()
        place(
            document=signed.document, payments=ways("tok_success"),
            now=timezone.now(), secret=SECRET,
        )  # fmt: skip
        (lost,) = queues.take("orders")
        assert lost["headers"]["id"] == str(signed.quote.draft.id)

        queues.run("bulk")
        look_a_quarter_of_an_hour_later()

        assert count_missing() == int(traced)
        missed = [one.code for one in list_violations()]
        assert ("O7" in missed) is traced


def test_a_trace_that_cannot_be_sent_fails_nothing_and_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(gateways, "send_trace", refuse)

    send_trace_safely(order_id=new_id(), accepted_at=timezone.now())

    assert '"TracesUnsent": [1]' in capsys.readouterr().out
