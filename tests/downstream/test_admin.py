"""The ledger of what each system has heard, and what they are sent again."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.core.models import new_id
from apps.downstream.models import Receipt, Replay
from apps.downstream.selectors import audience_of
from apps.events.models import Delivery, OutboxMessage
from apps.orders.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay
from tests.staff import log_in, told

pytestmark = pytest.mark.django_db
EVENTS = reverse("admin:events_outboxmessage_changelist")
REPLAYS = reverse("admin:downstream_replay_changelist")


@pytest.fixture
def staff() -> Client:
    return log_in(is_superuser=True)


class TestTheLedger:
    @pytest.fixture
    def order(self, queues: Queues) -> Order:
        """A paid order of which accounting has worked everything in, and CRM has only heard."""
        order = Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))
        relay()
        now = timezone.now()
        for event in OutboxMessage.objects.filter(type="orders.order.paid.v1"):
            for system, acknowledged_at in (("accounting", now), ("crm", None)):
                Receipt.objects.create(
                    message=event, system=system, received_at=now, acknowledged_at=acknowledged_at
                )
        return order

    def test_is_found_by_the_orders_id_and_number(self, staff: Client, order: Order) -> None:
        count = OutboxMessage.objects.filter(subject=order.pk).count()

        for words in (str(order.pk), order.number):
            response = staff.get(EVENTS, {"q": words})
            assert response.context["cl"].result_count == count
            assert "✓✓ accounting" in response.content.decode()

    def test_is_linked_from_the_order(self, staff: Client, order: Order) -> None:
        page = staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

        assert f'href="{EVENTS}?q={order.number}"' in page

    def test_tells_of_each_system_on_the_events_page(self, staff: Client, order: Order) -> None:
        paid = OutboxMessage.objects.get(type="orders.order.paid.v1")

        page = staff.get(reverse("admin:events_outboxmessage_change", args=[paid.pk]))

        assert [f"<th>{name}</th>" in page.content.decode() for name in
                ("accounting", "crm", "fulfilment", "support")] == [True, True, True, False]  # fmt: skip

    def test_lists_many_with_few_queries(
        self, staff: Client, order: Order, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        assert OutboxMessage.objects.count() > 5

        with django_assert_max_num_queries(12):
            staff.get(EVENTS)

    def test_names_what_is_late(self, staff: Client, order: Order) -> None:
        assert staff.get(EVENTS, {"arrival": "late"}).context["cl"].result_count == 0

        Delivery.objects.update(delivered_at=timezone.now() - timedelta(minutes=16))
        Receipt.objects.update(acknowledged_at=timezone.now())

        late = staff.get(EVENTS, {"arrival": "late"}).context["cl"].result_list
        assert "orders.order.paid.v1" in {event.type for event in late}
        paid = OutboxMessage.objects.get(type="orders.order.paid.v1")
        now = timezone.now()
        Receipt.objects.create(
            message=paid, system="fulfilment", received_at=now, acknowledged_at=now
        )
        late = staff.get(EVENTS, {"arrival": "late"}).context["cl"].result_list
        assert "orders.order.paid.v1" not in {event.type for event in late}

    def replay(self, client: Client, events: list[OutboxMessage], **fields: str) -> Any:
        chosen = [str(event.pk) for event in events]
        data = {"action": "replay", "_selected_action": chosen, **fields}
        return client.post(EVENTS, data, follow=True)

    def test_replays_what_the_system_hears(
        self, staff: Client, order: Order, queues: Queues
    ) -> None:
        events = list(OutboxMessage.objects.filter(subject=order.pk))
        queues.take("downstream-fulfilment")

        asked = self.replay(staff, events)
        assert not Replay.objects.exists()
        answer = {"answered": "yes", "system": "fulfilment", "reason": "their disk died"}
        done = self.replay(staff, events, **answer)
        relay()

        assert asked.status_code == 200
        heard = queues.heard_by("fulfilment")
        assert told(done) == [
            f"{len(heard)} of {len(events)} events are on their way to fulfilment."
        ]
        assert "orders.order.paid.v1" in heard
        replay = Replay.objects.get()
        assert (replay.reason, replay.count) == ("their disk died", len(heard))
        assert replay.actor_id == int(staff.session["_auth_user_id"])

    def test_replays_nothing_when_all_was_acknowledged_meanwhile(
        self, staff: Client, order: Order
    ) -> None:
        """The filter that the rows were chosen under leaves them out by the time of the answer."""
        Delivery.objects.update(delivered_at=timezone.now() - timedelta(minutes=16))
        late = f"{EVENTS}?arrival=late"
        chosen = [str(event.pk) for event in staff.get(late).context["cl"].result_list]
        assert chosen
        now = timezone.now()
        Receipt.objects.all().delete()
        for event in OutboxMessage.objects.all():
            for system in audience_of(event.type):
                Receipt.objects.create(
                    message=event, system=system, received_at=now, acknowledged_at=now
                )

        answer = {"answered": "yes", "system": "fulfilment", "reason": "x"}
        data = {"action": "replay", "_selected_action": chosen, **answer}
        done = staff.post(late, data, follow=True)

        assert told(done) == ["No events were chosen, so nothing was sent."]
        assert not Replay.objects.exists()
        assert not Delivery.objects.filter(target__startswith="replay:").exists()

    def test_lists_replays_with_names_and_finds_them(self, staff: Client, order: Order) -> None:
        event = OutboxMessage.objects.get(type="orders.order.paid.v1")
        answer = {"answered": "yes", "system": "fulfilment", "reason": "their disk died"}
        self.replay(staff, [event], **answer)

        for words, count in (("disk", 1), (str(event.pk), 1), ("flood", 0)):
            response = staff.get(REPLAYS, {"q": words})
            assert response.context["cl"].result_count == count
        clerk = User.objects.get(pk=staff.session["_auth_user_id"])
        assert f">{clerk}<" in "".join(staff.get(REPLAYS).content.decode().split())

    def test_lists_many_replays_with_few_queries(
        self, staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(10):
            Replay.objects.create(
                id=new_id(), system="crm", choice={}, count=1, actor_id=UserFactory.create().pk
            )

        with django_assert_max_num_queries(8):
            staff.get(REPLAYS)

    def test_replays_for_those_only_who_may(self, order: Order) -> None:
        answer = {"answered": "yes", "system": "fulfilment", "reason": "x"}
        events = list(OutboxMessage.objects.all())

        self.replay(log_in("view_outboxmessage"), events, **answer)
        assert not Replay.objects.exists()

        self.replay(log_in("view_outboxmessage", "add_replay"), events, **answer)
        assert Replay.objects.exists()
