"""How far events have come, and who lags behind."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.events.models import Delivery, OutboxMessage
from apps.events.rules import direct_target, earliest_id
from apps.events.selectors import list_events_of, list_lag
from apps.events.services import publish
from tests.events.things import ThingDone, ThingNoted

pytestmark = pytest.mark.django_db


def ago(**span: int) -> datetime:
    return timezone.now() - timedelta(**span)


def announce(thing_id: str = "1", *, published_at: datetime | None = None, **payload: Any) -> UUID:
    """An event that accounting hears, published if a time is given."""
    event_id = publish(ThingDone(thing_id=thing_id))
    message = OutboxMessage.objects.get(pk=event_id)
    message.payload |= payload
    message.occurred_at = published_at or message.occurred_at
    message.fanned_out_at = timezone.now()
    message.save()
    Delivery.objects.create(message_id=event_id, target="sns", delivered_at=published_at)
    return event_id


class TestListEventsOf:
    ORDER, OTHER = "0199f3a1-7c10-7abc-8def-0123456789ab", "0199f3a1-7c10-7abc-8def-0123456789ac"

    def test_finds_an_order_by_id_and_by_number_with_all_that_names_it(self) -> None:
        placed = announce(self.ORDER, number="7K3M-Q9XD-2HVP")
        paid = announce(self.ORDER)
        parcel = announce(self.ORDER, number="7K3M-Q9XD-2HVP-1")
        refund = announce("a refund", number="7K3M-Q9XD-2HVP")
        announce(self.OTHER, number="0000-0000-0000")

        for words in (self.ORDER, self.ORDER.upper(), "7K3M-Q9XD-2HVP", " 7k3m-q9xd-2hvp "):
            assert [one.pk for one in list_events_of(words)] == [refund, parcel, paid, placed]
        assert {one.pk for one in list_events_of("7K3M-Q9XD-2HVP-1")} == {placed, paid, parcel}

    def test_finds_one_event_by_its_id(self) -> None:
        event_id = announce()
        announce()

        assert [one.pk for one in list_events_of(str(event_id))] == [event_id]

    @pytest.mark.parametrize("words", ["", "x", "\x00", "%", "é" * 400, "1" * 36, "'"])
    def test_of_nonsense_is_empty(self, words: str) -> None:
        announce("thing")

        assert not list_events_of(words).exists()

    def test_takes_three_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(5):
            announce(self.ORDER, number="7K3M-Q9XD-2HVP")

        with django_assert_num_queries(3):
            assert len(list_events_of("7K3M-Q9XD-2HVP")) == 5


class TestListLag:
    def test_is_the_age_of_the_oldest_undelivered_per_target(self) -> None:
        for hours in (1, 3, 2):
            event_id = announce()
            OutboxMessage.objects.filter(pk=event_id).update(occurred_at=ago(hours=hours))
        announce(published_at=ago(hours=9))

        lag = list_lag()

        assert list(lag) == ["sns"]
        assert ago(hours=4) < lag["sns"] < ago(hours=2, minutes=30)

    def test_counts_what_the_relay_has_not_even_looked_at(self) -> None:
        publish(ThingNoted(thing_id="1"))

        assert list(list_lag()) == ["relay"]

    def test_of_a_replay_counts_from_its_request(self) -> None:
        event_id = announce(published_at=ago(days=9))
        for hours in (1, 2):
            asked = earliest_id(at=ago(hours=hours))
            Delivery.objects.create(
                message_id=event_id, target=direct_target(f"accounting:{asked}")
            )

        lag = list_lag()

        assert list(lag) == ["replay:accounting"]
        assert ago(hours=3) < lag["replay:accounting"] < ago(minutes=90)

    def test_of_nothing_is_nothing(self) -> None:
        announce(published_at=ago(days=1))

        assert list_lag() == {}
