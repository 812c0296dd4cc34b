"""The workbench of dead letters, and the ledger of what each system has heard."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.core.models import new_id
from apps.events.models import DeadLetter, Delivery, OutboxMessage, Receipt, Replay
from apps.events.selectors import audience_of, list_decisions
from apps.events.services import park, redrive
from apps.orders.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.events import make_envelope, make_letter
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db
LETTERS = reverse("admin:events_deadletter_changelist")
EVENTS = reverse("admin:events_outboxmessage_changelist")
REPLAYS = reverse("admin:events_replay_changelist")


def log_in(*permissions: str, **fields: Any) -> Client:
    user = UserFactory.create(is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff() -> Client:
    return log_in(is_superuser=True)


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def press(client: Client, action: str, *letters: DeadLetter, **fields: str) -> Any:
    chosen = [letter.pk for letter in letters]
    data = {"action": action, "_selected_action": chosen, **fields}
    return client.post(LETTERS, data, follow=True)


def page_of(letter: DeadLetter, name: str) -> str:
    return reverse(f"admin:events_deadletter_{name}", args=[letter.pk])


class TestTheWorkbench:
    def test_redrives_several_at_once(self, staff: Client, queues: Queues) -> None:
        letters = [make_letter(queues, body) for body in ("1", "2")]

        response = press(staff, "redrive", *letters, answered="yes")
        relay()

        assert told(response) == ["2 dead letters are tried again."]
        assert queues.unfinished("tasks") == 2
        (event,) = list_decisions(letters[0])
        assert event.actor_id == int(staff.session["_auth_user_id"])

    def test_shows_the_refusal_of_a_second_time(self, staff: Client, queues: Queues) -> None:
        letter = make_letter(queues)
        press(staff, "redrive", letter, answered="yes")

        response = press(staff, "redrive", letter, answered="yes")

        assert told(response) == ["This was decided before; nothing has changed."]
        assert list_decisions(letter).count() == 1

    def test_asks_for_a_reason_before_it_parks(self, staff: Client, queues: Queues) -> None:
        letters = [make_letter(queues, body) for body in ("1", "2")]

        asked = press(staff, "park", *letters)
        empty = press(staff, "park", *letters, answered="yes", reason="")
        assert set(DeadLetter.objects.values_list("state", flat=True)) == {"waiting"}
        done = press(staff, "park", *letters, answered="yes", reason="known")

        assert asked.context["form"].errors == {}
        assert ("_selected_action", str(letters[0].pk)) in asked.context["hidden"]
        assert empty.context["form"].errors["reason"]
        assert told(done) == ["2 dead letters are parked."]
        assert set(DeadLetter.objects.values_list("state", "note")) == {("parked", "known")}

    def test_decides_about_one_on_its_page(self, staff: Client, queues: Queues) -> None:
        first, second = make_letter(queues, "1"), make_letter(queues, "2")

        for letter, name in ((first, "redrive_one"), (second, "park_one")):
            assert staff.get(page_of(letter, name)).status_code == 200
        assert set(DeadLetter.objects.values_list("state", flat=True)) == {"waiting"}
        staff.post(page_of(first, "redrive_one"))
        staff.post(page_of(second, "park_one"), {"reason": "known"})

        assert [one.state for one in DeadLetter.objects.order_by("pk")] == ["redriven", "parked"]

    def test_shows_payload_error_and_what_was_decided(self, staff: Client, queues: Queues) -> None:
        body = make_envelope(
            task="orders.process_order", request={"note": "<b>bold</b>", "payment_token": "tok_1"}
        )
        first = make_letter(queues, body, queue="orders-dlq", dead_letter_reason="version 9")
        clerk = UserFactory.create()
        park(letter_ids=[first.pk], actor_id=clerk.pk, reason="until the fix")
        redrive(letter_ids=[first.pk], actor_id=8)
        second = make_letter(queues, body, queue="orders-dlq")

        page = staff.get(page_of(first, "change")).content.decode()
        again = staff.get(page_of(second, "change")).content.decode()

        assert "version 9" in page
        assert f"parked ({clerk}) until the fix" in page
        assert "redriven (8)" in page
        assert "&lt;b&gt;bold" in page
        assert "tok_1" not in page
        assert page_of(first, "change") in again
        assert "Received too often; no error was remembered." in again

    def test_offers_what_can_still_be_decided(self, staff: Client, queues: Queues) -> None:
        letter = make_letter(queues)
        names = ("redrive_one", "park_one")

        def offered() -> list[bool]:
            page = staff.get(page_of(letter, "change")).content.decode()
            return [page_of(letter, name) in page for name in names]

        assert offered() == [True, True]
        press(staff, "park", letter, answered="yes", reason="known")
        assert offered() == [True, False]
        press(staff, "redrive", letter, answered="yes")
        assert offered() == [False, False]

    def test_of_a_letter_that_is_not_there_leads_back(self, staff: Client) -> None:
        assert staff.get("/admin/events/deadletter/x/change/").status_code == 302

    def test_is_filtered_and_searched(self, staff: Client, queues: Queues) -> None:
        letter = make_letter(queues, queue="orders-dlq", dead_letter_reason="version 9")
        make_letter(queues)

        for narrowed in (
            {"queue__exact": "orders-dlq"},
            {"q": "version"},
            {"q": letter.message_id},
        ):
            response = staff.get(LETTERS, narrowed)
            assert [one.pk for one in response.context["cl"].result_list] == [letter.pk]
        assert not staff.get(LETTERS, {"state__exact": "parked"}).context["cl"].result_list
        tomorrow = timezone.now() + timedelta(days=1)
        assert not staff.get(LETTERS, {"seen_at__gte": tomorrow}).context["cl"].result_list

    def test_lists_many_without_their_bodies(
        self, staff: Client, queues: Queues, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            make_letter(queues, f"poison {number}")

        with django_assert_max_num_queries(11):
            response = staff.get(LETTERS)

        assert response.context["cl"].result_list[0].get_deferred_fields() == {"body"}

    def test_lets_only_those_decide_who_may(self, queues: Queues) -> None:
        letter = make_letter(queues)
        reader = log_in("view_deadletter")
        assert reader.get(LETTERS).status_code == 200

        press(reader, "redrive", letter, answered="yes")
        for name in ("redrive_one", "park_one"):
            assert reader.post(page_of(letter, name), {"reason": "x"}).status_code == 403
        letter.refresh_from_db()
        assert letter.state == "waiting"

        press(log_in("view_deadletter", "redrive_deadletter"), "redrive", letter, answered="yes")
        letter.refresh_from_db()
        assert letter.state == "redriven"


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

        assert f'href="{EVENTS}?q={order.pk}"' in page

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
