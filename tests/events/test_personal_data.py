"""What an event tells of a person is nowhere in the outbox, and is in what is sent."""

import json
from collections.abc import Sequence

import pytest
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.events import CustomerUpdated
from apps.accounts.services import register_customer
from apps.core.types import Address
from apps.downstream.services import replay_events
from apps.events import selectors
from apps.events.models import Delivery, OutboxMessage
from apps.events.services import personal_data, publish
from apps.events.types import Event
from apps.orders.models import Order
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.factories.trade import trade
from tests.queues import Queues
from tests.relays import relay

# Parts of the names of fields that tell of a person, of whatever event.
TELLING = frozenset({"email", "address", "name", "phone", "recipient", "customer"})


def known_events() -> list[type[Event]]:
    """Every event of the shop itself."""
    return [one for one in selectors.list_event_classes() if one.__module__.startswith("apps.")]


def undeclared(events: Sequence[type[Event]]) -> set[str]:
    """Fields that tell of a person and are not said to."""
    return {
        f"{event.__name__}.{name}"
        for event in events
        for name in event.__struct_fields__
        if TELLING & set(name.split("_")) and name not in event.personal and name != "customer_id"
    }


def unread(events: Sequence[type[Event]]) -> set[str]:
    """Events with personal fields that nobody reads when they are sent."""
    return {
        event.__name__
        for event in events
        if event.personal and personal_data.find_source(event.type) is None
    }


class TestEachEvent:
    def test_says_which_fields_are_personal_and_where_they_are_read(self) -> None:
        events = known_events()

        assert len(events) > 30
        assert undeclared(events) == set()
        assert unread(events) == set()

    def test_that_does_not_is_noticed(self) -> None:
        class Greeted(Event, frozen=True, kw_only=True):
            type = "tests.person.greeted.v1"
            subject = "email"
            email: str
            home_address: Address | None = None
            personal = frozenset({"email"})

        assert undeclared([Greeted]) == {"Greeted.home_address"}
        assert unread([Greeted]) == {"Greeted"}


@pytest.mark.django_db
class TestTheOutbox:
    def test_holds_no_address(self, queues: Queues) -> None:
        register_customer(
            email="ada@example.com", password="a long secret", name="Ada Byron", language="en"
        )
        trade()
        texts = OutboxMessage.objects.annotate(text=Cast("payload", TextField()))

        assert texts.count() > 50
        for secret in ("ada@example.com", "St James", "Ada Byron"):
            assert not texts.filter(text__contains=secret).exists()

    def test_leaves_out_what_is_announced_all_the_same(self) -> None:
        publish(CustomerUpdated(customer_id=1, language="en", email="a@example.com", name="A"))

        assert OutboxMessage.objects.get().payload == {"customer_id": 1, "language": "en"}


@pytest.mark.django_db
class TestWhatIsSent:
    @pytest.fixture
    def order(self, queues: Queues) -> Order:
        return Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))

    def test_tells_whose_it_is_and_where_it_goes(self, order: Order, queues: Queues) -> None:
        relay()

        (paid, requested) = sorted(
            queues.take("downstream-fulfilment"), key=lambda one: str(one["type"])
        )
        assert paid["data"]["email"] == "ada@example.com"
        assert paid["data"]["address"] == order.address
        assert requested["data"]["address"] == order.address
        emails = {one["data"]["email"] for one in queues.take("downstream-crm")}
        assert emails == {"ada@example.com"}

    def test_is_empty_once_the_order_is(self, order: Order, queues: Queues) -> None:
        relay()
        queues.purge()
        Order.objects.update(email="", address={}, erased_at=timezone.now())
        event = OutboxMessage.objects.get(type="orders.order.paid.v1")
        replay_events(system="crm", actor_id=None, event_ids=[event.pk])
        relay()

        (paid,) = queues.take("downstream-crm")
        assert paid["data"]["email"] == ""
        assert paid["data"]["address"] is None

    def test_is_read_by_one_statement_for_many(self, queues: Queues) -> None:
        sku = stock_variant(on_hand=50).sku
        for _ in range(4):
            make_order(lines={sku: 1})
        events = list(OutboxMessage.objects.filter(type="orders.order.paid.v1"))
        with CaptureQueriesContext(connection) as asked:
            assert personal_data.add_personal_data(events) == {}

        assert len(asked) == 1
        assert all(event.payload["email"] for event in events)

    def test_waits_if_it_cannot_be_read_and_stops_nothing_else(
        self, order: Order, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(payloads: object) -> list[dict[str, str]]:
            raise KeyError("email")

        source = personal_data.Source(event=Event, read=fail)
        monkeypatch.setitem(personal_data._sources, "orders.order.paid.v1", source)
        relay()

        waiting = Delivery.objects.exclude(last_error="").get()
        assert waiting.message.type == "orders.order.paid.v1"
        assert "KeyError" in waiting.last_error
        heard = json.dumps(queues.take("downstream-crm"))
        assert "orders.order.placed.v1" in heard
        assert "orders.order.paid.v1" not in heard
