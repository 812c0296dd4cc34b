"""Facts are written down in the transaction that makes them true."""

import logging

import pytest
from django.db import IntegrityError, transaction

from apps.core.models import new_id
from apps.events.errors import OutsideTransaction
from apps.events.models import OutboxMessage
from apps.events.selectors import list_events_about
from apps.events.services import one_wake, publication, publish
from tests.events.things import ThingDone, ThingNoted


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry per wake-up that was sent."""
    sent: list[int] = []
    monkeypatch.setattr(publication, "send_wake", lambda _, hops: sent.append(1))
    return sent


def publish_and_fail() -> None:
    publish(ThingDone(thing_id="1"))
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
class TestPublish:
    def test_outside_a_transaction_is_refused(self, wakes: list[int]) -> None:
        with pytest.raises(OutsideTransaction):
            publish(ThingDone(thing_id="1"))

        assert not OutboxMessage.objects.exists()
        assert wakes == []

    def test_keeps_the_fact_as_it_was_told(self, wakes: list[int]) -> None:
        with transaction.atomic():
            event_id = publish(ThingDone(thing_id="1", size=3), actor_id=7)

        message = OutboxMessage.objects.get(pk=event_id)
        assert (message.type, message.subject) == ("tests.thing.done.v1", "1")
        assert message.payload == {"thing_id": "1", "size": 3}
        assert (message.actor_id, message.is_public) == (7, True)

    def test_by_a_writer_who_does_not_say_who_may_hear_it_fails(self) -> None:
        fields = {"id": new_id(), "type": "tests.thing.done.v1", "subject": "1", "payload": {}}

        with pytest.raises(IntegrityError, match="is_public"):
            OutboxMessage.objects.create(**fields)

    def test_of_what_is_rolled_back_never_happened(self, wakes: list[int]) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            publish_and_fail()

        assert not OutboxMessage.objects.exists()
        assert wakes == []

    def test_wakes_the_relay_once_per_transaction(self, wakes: list[int]) -> None:
        with transaction.atomic():
            for number in range(5):
                publish(ThingDone(thing_id=str(number)))
            assert wakes == []

        assert wakes == [1]

    def test_wakes_the_relay_although_a_savepoint_was_rolled_back(self, wakes: list[int]) -> None:
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                publish_and_fail()
            publish(ThingDone(thing_id="2"))

        assert wakes == [1]
        assert OutboxMessage.objects.get().subject == "2"

    def test_survives_a_queue_that_is_down(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> None:
            raise ConnectionError

        monkeypatch.setattr(publication, "send_wake", fail)
        with caplog.at_level(logging.ERROR), transaction.atomic():
            publish(ThingDone(thing_id="1"))

        assert OutboxMessage.objects.count() == 1
        assert caplog.records


@pytest.mark.django_db(transaction=True)
class TestOneWake:
    def test_is_sent_for_several_transactions(self, wakes: list[int]) -> None:
        with one_wake():
            for number in range(3):
                with transaction.atomic():
                    publish(ThingDone(thing_id=str(number)))
            assert wakes == []

        assert wakes == [1]

    def test_is_not_sent_for_nothing(self, wakes: list[int]) -> None:
        with one_wake():
            pass

        assert wakes == []

    def test_is_sent_although_the_work_broke_off(self, wakes: list[int]) -> None:
        def commit_and_fail() -> None:
            with transaction.atomic():
                publish(ThingDone(thing_id="1"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), one_wake():
            commit_and_fail()

        assert wakes == [1]


@pytest.mark.django_db
class TestListEventsAbout:
    def test_is_in_the_order_of_telling(self) -> None:
        for event in (ThingDone(thing_id="1"), ThingNoted(thing_id="2"), ThingNoted(thing_id="1")):
            publish(event)

        told = [message.type for message in list_events_about("1")]
        assert told == ["tests.thing.done.v1", "tests.thing.noted.v1"]
