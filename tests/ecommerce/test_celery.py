"""Messages travel as the shop says: on its queues, held by SQS until they are due."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery import current_app

from ecommerce.celery import delay_on_the_queue
from ecommerce.messaging import QUEUES, RETRY_SECONDS, Queue

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TestDelayOnTheQueue:
    @pytest.mark.parametrize(
        ("due", "seconds"),
        [
            (NOW + timedelta(seconds=90), 90),
            (NOW + timedelta(seconds=0.2), 1),
            (NOW + timedelta(hours=3), 900),
            (NOW - timedelta(hours=3), 0),
        ],
    )
    def test_lets_sqs_hold_what_is_due_later(self, due: datetime, seconds: int) -> None:
        properties: dict[str, object] = {}

        with time_machine.travel(NOW, tick=False):
            delay_on_the_queue(headers={"eta": due.isoformat()}, properties=properties)

        assert properties == {"DelaySeconds": seconds}

    def test_leaves_what_is_due_now_alone(self) -> None:
        properties: dict[str, object] = {}

        delay_on_the_queue(headers={"eta": None}, properties=properties)

        assert properties == {}


class TestTheApp:
    def test_knows_every_queue_and_its_dead_letters(self) -> None:
        known = current_app.conf.broker_transport_options["predefined_queues"]

        assert set(known) == {
            name for queue in QUEUES for name in (queue.name, f"{queue.name}-dlq")
        }

    def test_keeps_a_message_until_its_task_is_done(self) -> None:
        conf = current_app.conf

        assert conf.task_acks_late is True
        assert conf.task_acks_on_failure_or_timeout is False
        assert conf.task_reject_on_worker_lost is True
        assert conf.task_create_missing_queues is False

    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_outlasts_four_hours_of_outage_on_every_queue(self, queue: Queue) -> None:
        options = current_app.conf.broker_transport_options["predefined_queues"][queue.name]
        assert options["backoff_policy"] == RETRY_SECONDS
        assert "any.task" in options["backoff_tasks"]
        waited = [RETRY_SECONDS[receive] for receive in range(1, queue.receive_limit)]

        assert waited == sorted(waited)
        assert max(waited) == 900
        assert sum(waited) > 4 * 60 * 60
