"""Four hours without a database, on a clock that is moved: an outage is not poison."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev import emulator, ports, postgres
from dev.provision import provision
from ecommerce.messaging import QUEUES, RETRY_SECONDS, physical_name
from tests.faults.programs import prepare, program, stage_environment, wait_until, worker
from tests.faults.test_outage import orders_in

ORDERS = 10
HOURS = 4


class Stage:
    """An emulator of the test's own, whose clock it moves."""

    def __init__(self, *, url: str, ahead: Path) -> None:
        self.url = url
        self._ahead = ahead
        self.sqs: Any = boto3.client(
            "sqs",
            endpoint_url=url,
            region_name=emulator.REGION,
            aws_access_key_id=emulator.CREDENTIALS,
            aws_secret_access_key=emulator.CREDENTIALS,
        )

    @property
    def seconds_ahead(self) -> int:
        return int(self._ahead.read_text())

    def move(self, seconds: int) -> None:
        """Put the clock forward."""
        draft = self._ahead.with_suffix(".new")
        draft.write_text(str(self.seconds_ahead + seconds))
        draft.replace(self._ahead)

    def queue(self, name: str) -> str:
        return f"{self.url}/000000000000/{physical_name(name)}"

    def count(self, name: str) -> int:
        """How many messages there are, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue(name), AttributeNames=names)
        return sum(int(answer["Attributes"][one]) for one in names)


@pytest.fixture
def stage_of_its_own(tmp_path: Path) -> Iterator[Stage]:
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    port = ports.find_free()
    python = Path(".venv-emulator").absolute() / "bin" / "python"
    script = Path(__file__).with_name("moved_emulator.py")
    environment = emulator._environment(state=tmp_path, persist=False, port=port)
    (tmp_path / "tmp").mkdir()
    command = (str(python), str(script), str(ahead))
    with program(*command, environment=environment, log=tmp_path / "emulator.log"):
        assert wait_until(lambda: emulator._answers(port=port), seconds=30)
        stage = Stage(url=f"http://127.0.0.1:{port}", ahead=ahead)
        provision(endpoint_url=stage.url)
        yield stage


def environment_of(stage: Stage, *, database: str) -> dict[str, str]:
    return stage_environment(
        DATABASE_URL=database,
        AWS_ENDPOINT_URL=stage.url,
        SQS_BASE_URL=f"{stage.url}/000000000000",
        SNS_TOPIC_ARN=f"arn:aws:sns:{emulator.REGION}:000000000000:{physical_name('order-events')}",
    )


@contextmanager
def outage(
    stage: Stage, database: tuple[str, Path], folder: Path, *without: str
) -> Iterator[tuple[Mapping[str, str], Callable[[], int]]]:
    """Orders wait, the database is gone, and a worker runs; yields how often a message has failed."""
    url, data = database
    environment = environment_of(stage, database=url)
    sku = prepare(environment)
    postgres.stop(data=data, immediate=True)
    send = [sys.executable, "-m", "tests.faults.sending", sku, str(ORDERS)]
    subprocess.run(send, env=environment, check=True)
    log = folder / "worker.log"
    with worker(environment, log=log, without=without):
        yield environment, lambda: log.read_text().count("raised unexpected")


def dead_letters(stage: Stage) -> int:
    return sum(stage.count(f"{queue.name}-dlq") for queue in QUEUES)


@pytest.mark.nightly
class TestFourHoursWithoutADatabase:
    def test_put_nothing_into_the_dead_letters(
        self,
        database: tuple[str, Path],
        stage_of_its_own: Stage,
        tmp_path: Path,
        reached: Callable[..., None],
    ) -> None:
        stage = stage_of_its_own
        url, data = database
        with outage(stage, database, tmp_path) as (_, failures):
            receives = 0
            while stage.seconds_ahead < HOURS * 3600:
                receives += 1
                assert wait_until(
                    lambda: failures() >= receives * (ORDERS + 1),  # noqa: B023 - used at once
                    seconds=60,
                ), (tmp_path / "worker.log").read_text()[-4000:]
                # A failure is logged before its message is put off, which counts from the clock then.
                time.sleep(0.5)
                stage.move(RETRY_SECONDS[receives] + 1)
            assert dead_letters(stage) == 0
            assert stage.count("orders") == ORDERS

            postgres.start(data=data, durable=True)
            stage.move(max(RETRY_SECONDS.values()) + 1)
            assert wait_until(lambda: len(orders_in(url)) == ORDERS, seconds=60)
            wanted = {"paid"}
            assert wait_until(lambda: {one for _, one in orders_in(url)} == wanted, seconds=60)

        assert set(orders_in(url).values()) == {1}
        assert dead_letters(stage) == 0
        reached(
            "F8",
            f"{HOURS} hours without a database, the queue's clock moved, {ORDERS} orders waiting",
            to_reach="0 dead letters, all paid once afterwards",
            number=f"{receives} receives each, 0 dead letters, {ORDERS} paid once",
        )

    @pytest.mark.control
    def test_fill_them_without_the_back_off(
        self,
        database: tuple[str, Path],
        stage_of_its_own: Stage,
        tmp_path: Path,
        reached: Callable[..., None],
    ) -> None:
        stage = stage_of_its_own
        give_up_early(stage)
        with outage(stage, database, tmp_path, "back-off"):
            for _ in range(60):
                stage.move(61)
                if wait_until(lambda: dead_letters(stage) >= ORDERS, seconds=1):
                    break

        assert dead_letters(stage) >= ORDERS
        reached(
            "F8",
            "… control: no back-off, five receives",
            to_reach="orders among the dead letters",
            number=f"{dead_letters(stage)} dead letters after {stage.seconds_ahead // 60} min",
        )


def give_up_early(stage: Stage) -> None:
    """What most queues are set to: dead after five receives."""
    for queue in QUEUES:
        answer = stage.sqs.get_queue_attributes(
            QueueUrl=stage.queue(queue.name), AttributeNames=["RedrivePolicy"]
        )
        policy = json.loads(answer["Attributes"]["RedrivePolicy"])
        stage.sqs.set_queue_attributes(
            QueueUrl=stage.queue(queue.name),
            Attributes={"RedrivePolicy": json.dumps({**policy, "maxReceiveCount": 5})},
        )
