"""Events go to one system again, and to no other."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.gateways import aws_client
from apps.core.models import new_id
from apps.core.services import begin_log
from apps.downstream.errors import NothingChosen, UnknownSystem
from apps.downstream.models import Replay
from apps.downstream.selectors import list_replayable
from apps.downstream.services import replay_events
from apps.events import gateways
from apps.events.models import Delivery, OutboxMessage
from apps.events.services import leases, publication, publish, relay, relays
from tests.events.things import ThingDone, ThingNoted
from tests.queues import Queues

pytestmark = pytest.mark.django_db


def announce(*, days_ago: int = 0, size: int = 1) -> UUID:
    """An event that accounting hears, delivered long since."""
    event_id = publish(ThingDone(thing_id="1", size=size))
    OutboxMessage.objects.filter(pk=event_id).update(
        occurred_at=timezone.now() - timedelta(days=days_ago), fanned_out_at=timezone.now()
    )
    return event_id


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


class TestReplayEvents:
    def test_brings_an_event_to_the_systems_queue_as_sns_does(self, queues: Queues) -> None:
        begin_log(trace_id="1-68f0a1b2-0123456789abcdef01234567")
        event_id = announce(size=3)
        begin_log()
        Delivery.objects.create(message_id=event_id, target="sns", delivered_at=timezone.now())

        count = replay_events(
            system="accounting", event_ids=[event_id], actor_id=7, reason="their backup was old"
        )
        relay()

        (sent,) = aws_client("sqs").receive_message(
            QueueUrl=queues.url("downstream-accounting"), MessageAttributeNames=["All"]
        )["Messages"]
        (entry,) = [gateways._entry_of(OutboxMessage.objects.get())]
        assert (count, sent["Body"]) == (1, entry["Message"])
        assert {name: one["StringValue"] for name, one in sent["MessageAttributes"].items()} == {
            "event_type": "tests.thing.done.v1",
            "event_id": str(event_id),
            "subject": "1",
            "trace_id": "1-68f0a1b2-0123456789abcdef01234567",
        }
        replay = Replay.objects.get()
        assert (replay.system, replay.count, replay.actor_id) == ("accounting", 1, 7)
        assert replay.reason == "their backup was old"
        assert replay.choice["event_ids"] == [str(event_id)]

    def test_reaches_nobody_else(self, queues: Queues) -> None:
        replay_events(system="accounting", event_ids=[announce()], actor_id=None)
        relay()

        assert [
            name
            for name in ("fulfilment", "inventory", "crm", "support")
            if queues.unfinished(f"downstream-{name}")
        ] == []
        assert queues.heard_by("accounting") == ["tests.thing.done.v1"]

    def test_sends_as_often_as_it_is_asked_for(self, queues: Queues) -> None:
        event_id = announce()
        for _ in range(2):
            replay_events(system="accounting", event_ids=[event_id], actor_id=None)
        relay()

        assert len(queues.heard_by("accounting")) == 2

    def test_chooses_by_time_and_type(self, queues: Queues) -> None:
        ids = [announce(days_ago=days) for days in (3, 2, 1)]
        publish(ThingNoted(thing_id="1"))

        def chosen(**choice: Any) -> list[UUID]:
            return list(list_replayable(system="accounting", **choice).values_list("pk", flat=True))

        assert chosen() == ids
        assert chosen(since=days_ago(2) - timedelta(hours=1)) == ids[1:]
        assert chosen(until=days_ago(2) - timedelta(hours=1)) == ids[:1]
        assert chosen(types=["tests.thing.done.v1"]) == ids
        assert chosen(types=["orders.order.paid.v1"]) == []
        assert chosen(event_ids=ids[:1], since=days_ago(1)) == []
        assert chosen(event_ids=[]) == []

    def test_leaves_out_what_the_system_does_not_hear(self, queues: Queues) -> None:
        assert replay_events(system="crm", event_ids=[announce()], actor_id=None) == 0
        assert replay_events(system="crm", event_ids=[new_id()], actor_id=None) == 0

        assert relay() == 0

    def test_to_a_system_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(UnknownSystem):
            replay_events(system="nobody", event_ids=[announce()], actor_id=None)

        assert not Replay.objects.exists()

    @pytest.mark.parametrize("choice", [{}, {"event_ids": []}, {"types": []}])
    def test_of_a_choice_that_says_nothing_is_refused(self, choice: dict[str, Any]) -> None:
        announce()

        with pytest.raises(NothingChosen):
            replay_events(system="accounting", actor_id=None, **choice)

        assert not Replay.objects.exists()

    def test_of_many_takes_few_queries(
        self, queues: Queues, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(30):
            announce()

        # A savepoint and its end, which events, the replay, the deliveries with a savepoint.
        with django_assert_num_queries(5):
            assert replay_events(system="accounting", since=days_ago(1), actor_id=None) == 30


class TestALongReplay:
    def subjects_in_order(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> list[tuple[str, str]]:
        """The targets as they are served, when an event is announced behind a long replay."""
        monkeypatch.setattr(leases, "BATCH", 5)
        for _ in range(12):
            announce()
        replay_events(system="accounting", since=days_ago(1), actor_id=None)
        monkeypatch.setattr(gateways, "publish_to_topic", lambda _: {})
        served: list[str] = []
        deliver = relays._deliver

        def note(claimed: Any, **how: Any) -> int:
            served.extend(delivery.target.partition(":")[0] for delivery in claimed)
            if len(served) == 5:
                publish(ThingDone(thing_id="urgent"))
            return deliver(claimed, **how)

        monkeypatch.setattr(relays, "_deliver", note)
        relay()
        return served

    def test_delays_no_fresh_event(self, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
        served = self.subjects_in_order(queues, monkeypatch)

        assert served == [*["replay"] * 5, "sns", *["replay"] * 7]

    @pytest.mark.control
    def test_would_delay_it_if_all_stood_in_one_line(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publication, "priority_of", lambda _: 0)
        monkeypatch.setattr(leases.rules, "priority_of", lambda _: 0)

        served = self.subjects_in_order(queues, monkeypatch)

        assert served.index("sns") == 12
