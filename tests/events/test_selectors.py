"""How far events have come, and who lags behind."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import new_id
from apps.events.models import Delivery, OutboxMessage, Receipt, Replay
from apps.events.rules import replay_target
from apps.events.selectors import (
    audience_of,
    ledger_of,
    list_events_about,
    list_events_of,
    list_lag,
    list_unacknowledged,
    types_heard_by,
    with_ledger,
)
from apps.events.services import publish
from apps.events.types import SYSTEMS, LedgerRow
from ecommerce.messaging import DOWNSTREAM
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


def note(event_id: UUID, *, acknowledged_at: datetime | None, system: str = "accounting") -> None:
    Receipt.objects.create(
        message_id=event_id, system=system, received_at=ago(), acknowledged_at=acknowledged_at
    )


class TestTheAudience:
    @pytest.mark.parametrize("system", SYSTEMS)
    def test_is_the_one_that_the_queues_are_made_from(self, system: str) -> None:
        ours = {one for one in types_heard_by(system) if not one.startswith("tests.")}

        assert ours == set(DOWNSTREAM[system])

    def test_of_a_system_or_type_that_is_not_there_is_empty(self) -> None:
        assert types_heard_by("nobody") == frozenset()
        assert audience_of("orders.order.dreamt.v1") == frozenset()


def ledger(subject: str) -> list[LedgerRow]:
    return [row for event in with_ledger(list_events_about(subject)) for row in ledger_of(event)]


class TestTheLedger:
    def test_tells_per_system_when_it_was_published_received_and_acknowledged(self) -> None:
        published, acknowledged = ago(minutes=3), ago(minutes=1)
        first, second, third = announce(published_at=published), announce(), announce()
        publish(ThingNoted(thing_id="1"))
        note(first, acknowledged_at=acknowledged)
        note(second, acknowledged_at=None)

        rows = ledger("1")

        assert [(row.event_id, row.system, row.published_at) for row in rows] == [
            (first, "accounting", published),
            (second, "accounting", None),
            (third, "accounting", None),
        ]
        assert [row.received_at is not None for row in rows] == [True, True, False]
        assert [row.acknowledged_at for row in rows] == [acknowledged, None, None]

    def test_takes_three_queries_however_many_events(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(20):
            note(announce(), acknowledged_at=None)

        with django_assert_num_queries(3):
            assert len(ledger("1")) == 20


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


class TestListUnacknowledged:
    def test_names_what_was_published_before_and_not_worked_in(self) -> None:
        done, received, silent, fresh, unpublished = (
            announce(published_at=ago(minutes=16)),
            announce(published_at=ago(minutes=16)),
            announce(published_at=ago(minutes=16)),
            announce(published_at=ago(minutes=14)),
            announce(),
        )
        note(done, acknowledged_at=ago())
        note(received, acknowledged_at=None)
        note(silent, acknowledged_at=ago(), system="crm")

        late = set(list_unacknowledged(before=ago(minutes=15)).values_list("pk", flat=True))

        assert late == {received, silent}
        assert not late & {done, fresh, unpublished}

    def test_looks_back_as_far_as_a_queue_keeps_a_message(self) -> None:
        event_id = announce(published_at=ago(days=15))
        assert list_unacknowledged(before=ago(minutes=15)).count() == 1

        OutboxMessage.objects.filter(pk=event_id).delete()
        old = UUID(int=int(ago(days=15).timestamp() * 1000) << 80)
        OutboxMessage.objects.create(
            id=old, type="tests.thing.done.v1", subject="1", payload={}, fanned_out_at=ago()
        )
        Delivery.objects.create(message_id=old, target="sns", delivered_at=ago(days=15))

        assert not list_unacknowledged(before=ago(minutes=15)).exists()


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
            replay = Replay.objects.create(id=new_id(), system="accounting", choice={}, count=1)
            Replay.objects.filter(pk=replay.pk).update(created_at=ago(hours=hours))
            Delivery.objects.create(
                message_id=event_id, target=replay_target(system="accounting", replay_id=replay.pk)
            )

        lag = list_lag()

        assert list(lag) == ["replay:accounting"]
        assert ago(hours=3) < lag["replay:accounting"] < ago(minutes=90)

    def test_of_nothing_is_nothing(self) -> None:
        announce(published_at=ago(days=1))

        assert list_lag() == {}
