"""An order that was accepted and then vanished is noticed; one that waits is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.models import new_id
from apps.events.models import DeadLetter
from apps.events.services import note_failure
from apps.orders import gateways
from apps.orders.errors import MalformedRequest
from apps.orders.models import MissingOrder
from apps.orders.selectors import count_missing
from apps.orders.services import look_for_order, process_order, settle_missing
from apps.orders.services.traces import send_trace_safely
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The traces that were sent on, instead of sending them."""
    traces: list[dict[str, Any]] = []
    monkeypatch.setattr(
        gateways, "send_trace", lambda trace, after: traces.append(_written(trace, after))
    )
    return traces


def _written(trace: Any, after: timedelta) -> dict[str, Any]:
    assert after == timedelta(minutes=15)
    return {
        "order_id": str(trace.order_id),
        "accepted_at": trace.accepted_at.isoformat(),
        "looks": trace.looks,
    }


@pytest.fixture
def backlog(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Whether the orders queue is empty."""
    state = {"empty": True}
    monkeypatch.setattr(gateways, "is_queue_empty", lambda: state["empty"])
    return state


def trace_of(order_id: Any = None, *, minutes: int = 15, looks: int = 0) -> dict[str, Any]:
    return {
        "order_id": str(order_id or new_id()),
        "accepted_at": (timezone.now() - timedelta(minutes=minutes)).isoformat(),
        "looks": looks,
    }


def accepted_later() -> None:
    """An order that was accepted now, and written."""
    process_order(request=make_request(lines={stock_variant().sku: 1}))


class TestLookForOrder:
    @pytest.mark.parametrize("token", ["tok_success", "tok_decline"])
    def test_is_content_with_a_sale_and_with_a_rejection(
        self, sent: list[Any], backlog: Any, token: str
    ) -> None:
        order_id = process_order(request=make_request(lines={stock_variant().sku: 1}, token=token))

        assert look_for_order(trace=trace_of(order_id)) == "written"
        assert (sent, MissingOrder.objects.count()) == ([], 0)

    def test_is_content_with_a_dead_letter(self, sent: list[Any], backlog: Any) -> None:
        order_id = new_id()
        DeadLetter.objects.create(
            queue="orders-dlq", message_id="m", body="", identity=str(order_id),
            sent_at=timezone.now(),
        )  # fmt: skip

        assert look_for_order(trace=trace_of(order_id)) == "dead_letter"
        assert sent == []

    def test_asks_again_while_the_queue_has_a_backlog(
        self, sent: list[Any], backlog: dict[str, bool]
    ) -> None:
        backlog["empty"] = False

        assert look_for_order(trace=trace_of(looks=1)) == "waiting"
        assert [one["looks"] for one in sent] == [0]

    def test_asks_again_while_the_message_is_tried(self, sent: list[Any], backlog: Any) -> None:
        order_id = new_id()
        note_failure(task_id=str(order_id), task="orders.process_order", error="OperationalError")

        assert look_for_order(trace=trace_of(order_id, looks=1)) == "waiting"
        assert [one["looks"] for one in sent] == [0]

    @pytest.mark.parametrize("is_empty", [True, False])
    def test_misses_what_is_nowhere_at_the_second_look(
        self, sent: list[Any], backlog: dict[str, bool], is_empty: bool,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        backlog["empty"] = is_empty
        accepted_later()
        trace = trace_of()

        assert look_for_order(trace=trace) == "waiting"
        assert [one["looks"] for one in sent] == [1]
        assert not MissingOrder.objects.exists()
        assert look_for_order(trace=sent[0]) == "nowhere"

        missing = MissingOrder.objects.get()
        assert str(missing.pk) == trace["order_id"]
        assert count_missing() == 1
        assert '"OrdersUnaccounted": [1]' in capsys.readouterr().out

    def test_misses_an_order_once(self, sent: list[Any], backlog: Any) -> None:
        trace = trace_of(looks=1)

        look_for_order(trace=trace)
        look_for_order(trace=trace)

        assert MissingOrder.objects.count() == 1

    def test_refuses_what_is_no_trace(self) -> None:
        with pytest.raises(MalformedRequest):
            look_for_order(trace={"order_id": "x"})


class TestMissingOrder:
    def test_is_found_again_when_the_shopper_repeats(self, sent: list[Any], backlog: Any) -> None:
        request = make_request(lines={stock_variant().sku: 1})
        look_for_order(trace=trace_of(request["draft"]["id"], looks=1))
        assert count_missing() == 1

        process_order(request=request)

        assert count_missing() == 0

    def test_is_settled_once(self, sent: list[Any], backlog: Any, admin_user: User) -> None:
        look_for_order(trace=trace_of(looks=1))
        order_id = MissingOrder.objects.get().pk

        assert settle_missing(order_id=order_id, actor_id=admin_user.pk)
        assert not settle_missing(order_id=order_id, actor_id=admin_user.pk)
        assert count_missing() == 0


def test_a_trace_that_cannot_be_sent_fails_nothing_and_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(gateways, "send_trace", refuse)

    send_trace_safely(order_id=new_id(), accepted_at=timezone.now())

    assert '"TracesUnsent": [1]' in capsys.readouterr().out
