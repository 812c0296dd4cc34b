"""Messages travel as the shop says: on its queues, held by SQS until they are due."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from celery.app.trace import build_tracer
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_postrun, task_prerun
from django.db import OperationalError, connection

from apps.audit.services import checks, retention
from apps.core.services import STEP_SECONDS, deadline_at, seconds_left
from apps.events.services import relays
from apps.inventory.services import recounts
from dev.programs import environment
from dev.stage import RunFile
from ecommerce.celery import EndingTask, app, delay_on_the_queue
from ecommerce.messaging import QUEUES, RETRY_SECONDS, TASK_SECONDS, Queue
from infra.messaging import logical_name
from infra.stacks import STACKS, template_of
from tests.architecture.source import ROOT

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
    def test_of_a_worker_has_the_addresses_of_its_stage(self) -> None:
        """A worker reads Celery's settings first of all, and what they import must not be a half of ours."""
        program = (
            "from ecommerce.celery import app; app.conf.task_routes;"
            "from django.conf import settings; print(settings.SQS_BASE_URL, settings.SNS_TOPIC_ARN)"
        )
        stage = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "ecommerce.settings.local",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        }

        said = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT, env=stage, capture_output=True, text=True, check=True,
        )  # fmt: skip

        queues, topic = said.stdout.split()
        assert queues == "http://127.0.0.1:1/000000000000"
        assert topic.endswith(":local-order-events")

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


class TestATask:
    @pytest.fixture
    def task(self) -> Iterator[Any]:
        """A task that tells how long it has."""

        @app.task(name="tests.seconds_left")
        def tell() -> float | None:
            return seconds_left()

        yield tell
        app.tasks.pop("tests.seconds_left")

    def in_a_worker(self, task: Any) -> float | None:
        """What the worker's own tracer makes of it."""
        traced = build_tracer(task.name, task, app=app, eager=True)
        left: float | None = traced("1", (), {}, {}).retval
        return left

    def test_ends_before_the_queue_gives_its_message_out_again(self, task: Any) -> None:
        left = self.in_a_worker(task)

        assert left is not None
        assert TASK_SECONDS - 5 < left <= TASK_SECONDS
        assert seconds_left() is None

    def test_ends_with_the_function_where_that_is_earlier(self, task: Any) -> None:
        with deadline_at(time.monotonic() + 30):
            left = self.in_a_worker(task)

        assert left is not None
        assert left <= 30

    def test_that_is_called_by_hand_has_all_the_time(self, task: Any) -> None:
        assert task() is None

    def test_of_the_shop_is_one_of_these(self) -> None:
        app.loader.import_default_modules()
        ours = [one for name, one in app.tasks.items() if not name.startswith("celery.")]

        assert len(ours) >= 20
        assert all(isinstance(one, EndingTask) for one in ours)

    def test_has_less_time_than_any_stage_hides_its_message(self) -> None:
        run = RunFile(database_url="", aws_endpoint_url="", port=1)
        laptop = int(environment(run=run)["VISIBILITY_SECONDS"])
        stack = next(template_of(one) for one in STACKS if one.name == "messaging")
        ours = [stack["Resources"][logical_name(queue.name)]["Properties"] for queue in QUEUES]
        hidden = [one["VisibilityTimeout"] for one in ours]

        assert min(laptop, *hidden) > TASK_SECONDS

    def test_has_time_for_more_than_its_last_step(self) -> None:
        assert (
            2
            * max(
                STEP_SECONDS,
                checks._MARGIN_SECONDS,
                retention._MARGIN_SECONDS,
                recounts._PIECE_SECONDS,
                relays._MARGIN_SECONDS,
            )
            <= TASK_SECONDS
        )


@pytest.mark.django_db(transaction=True)
class TestTheConnectionOfAWorker:
    def backend(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    def between_tasks(self) -> None:
        """What the worker does after one task and before the next."""
        fixup = DjangoWorkerFixup(app)
        task = app.tasks["celery.backend_cleanup"]
        for signal, theirs in (
            (task_postrun, fixup.on_task_postrun), (task_prerun, fixup.on_task_prerun),
        ):  # fmt: skip
            theirs(sender=task)
            signal.send(sender=task, task_id="1")

    @pytest.fixture(autouse=True)
    def _lasting(self) -> Iterator[None]:
        connection.close()
        connection.settings_dict["CONN_MAX_AGE"] = 60
        yield
        connection.settings_dict["CONN_MAX_AGE"] = 0
        connection.close()

    def test_is_kept_for_the_next_task(self) -> None:
        first = self.backend()

        self.between_tasks()

        assert self.backend() == first

    def test_is_another_once_the_server_has_closed_it(self) -> None:
        first = self.backend()
        with connect_elsewhere() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [first])
        with pytest.raises(OperationalError):
            self.backend()

        self.between_tasks()

        assert self.backend() != first


@contextmanager
def connect_elsewhere() -> Iterator[Any]:
    """A cursor of a connection of its own."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()
