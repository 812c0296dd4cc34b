"""Who outside hears what, and how far it has come on its way to them."""

from datetime import datetime
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.downstream.models import Receipt
from apps.downstream.selectors import (
    audience_of,
    ledger_of,
    list_unacknowledged,
    types_heard_by,
    with_ledger,
)
from apps.downstream.types import LedgerRow
from apps.events.models import Delivery, OutboxMessage
from apps.events.selectors import list_events_about
from apps.events.services import publish
from ecommerce.messaging import DOWNSTREAM
from tests.events.test_selectors import ago, announce
from tests.events.things import ThingNoted

pytestmark = pytest.mark.django_db


def note(event_id: UUID, *, acknowledged_at: datetime | None, system: str = "accounting") -> None:
    Receipt.objects.create(
        message_id=event_id, system=system, received_at=ago(), acknowledged_at=acknowledged_at
    )


class TestTheAudience:
    @pytest.mark.parametrize("system", DOWNSTREAM)
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
            id=old,
            type="tests.thing.done.v1",
            subject="1",
            payload={},
            is_public=True,
            fanned_out_at=ago(),
        )
        Delivery.objects.create(message_id=old, target="sns", delivered_at=ago(days=15))

        assert not list_unacknowledged(before=ago(minutes=15)).exists()
