"""What waits for a topic that is down costs the others next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.events.services import leases
from tests.events.things import ThingDone

pytestmark = pytest.mark.django_db

WAITING = 4_000


@contextmanager
def rows_in_vain() -> Iterator[list[int]]:
    """How many rows each statement that takes leases looks at, and leaves."""
    counts: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql == leases._CLAIM:
            context["cursor"].execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params)
            ((explained,),) = context["cursor"].fetchall()
            counts.append(_left_out(explained[0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    with connection.execute_wrapper(look):
        yield counts


def _left_out(node: dict[str, Any]) -> int:
    below = sum(_left_out(one) for one in node.get("Plans", ()))
    return below + int(node.get("Rows Removed by Filter", 0))


_EVENTS = """
INSERT INTO events_outboxmessage
    (id, type, subject, payload, is_public, trace_id, occurred_at, fanned_out_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, %(type)s, n::text, '{}', true, '', now(), now()
FROM generate_series(1, %(count)s) n
"""
_DELIVERIES = """
INSERT INTO events_delivery
    (message_id, subject, target, lane, priority, attempts, due_at, last_error)
SELECT id, subject, 'sns', '', 1, 0, %(due_at)s, '' FROM events_outboxmessage
"""


def wait_for_topic(*, due_in: timedelta) -> None:
    """Thousands of events that only the topic has not heard."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"type": ThingDone.type, "count": WAITING})
        cursor.execute("ANALYZE events_outboxmessage")
        cursor.execute(_DELIVERIES, {"due_at": timezone.now() + due_in})
        cursor.execute("ANALYZE events_delivery")


class TestAClaimThatFindsNothing:
    def test_does_not_walk_what_waits_for_a_topic_that_rests(self) -> None:
        wait_for_topic(due_in=timedelta(0))

        with rows_in_vain() as rows:
            claimed, _ = leases.claim(lane="", topic_too=False)

        assert claimed == []
        assert rows == [0, 0]

    def test_looks_at_no_row_that_was_put_off(self) -> None:
        wait_for_topic(due_in=timedelta(minutes=1))

        with rows_in_vain() as rows:
            claimed, _ = leases.claim(lane="")

        assert claimed == []
        assert rows == [0, 0]
