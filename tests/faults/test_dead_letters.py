"""Poison (F7): whatever it is, it is set aside with its reason, and everything beside it is done once."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from apps.core.gateways import aws_client
from apps.deadletters.errors import NothingDecided
from apps.deadletters.models import DeadLetter
from apps.deadletters.services import collect_dead_letters, redrive
from apps.orders.models import Order
from apps.payments.models import Transaction
from tests.factories.events import make_envelope, metrics
from tests.factories.orders import make_request
from tests.factories.poison import POISON as UNREADABLE
from tests.factories.poison import changed
from tests.factories.shop import stock_variant
from tests.faults.programs import database_url, stage_environment, wait_until, worker
from tests.queues import Queues

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


# Those that a task can be made of, which then sets them aside itself.
MALFORMED_ORDERS = {
    "an order of no kind": (
        make_envelope(task="orders.process_order", request="two cups"),
        "Expected `object`",
    ),
    "an unknown version of an order": (
        make_envelope(
            task="orders.process_order", request={**make_request(lines={"A": 1}), "version": 3}
        ),
        "version 3 is not known here",
    ),
}
POISON = {**UNREADABLE, **MALFORMED_ORDERS}


@pytest.fixture
def hasty(queues: Queues) -> Iterator[Queues]:
    """The orders queue gives a message up after two receives, so that a bug is not waited for long; one
    may go to the poll of a worker that an earlier test has killed.
    """
    sqs, url = aws_client("sqs"), queues.url("orders")
    names = ["RedrivePolicy", "VisibilityTimeout"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    policy = {**json.loads(before["RedrivePolicy"]), "maxReceiveCount": 2}
    hasty = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "5"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=hasty)
    try:
        yield queues
    finally:
        time.sleep(1)
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def send(queues: Queues, body: str) -> None:
    aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody=body)


def order(sku: str) -> None:
    request = make_request(lines={sku: 1})
    current_app.send_task("orders.process_order", kwargs={"request": request}, queue="orders")


def run(folder: Path, *without: str) -> Any:
    environment = stage_environment(DATABASE_URL=database_url())
    return worker(environment, log=folder / "worker.log", without=without)


def is_done(queues: Queues, *, orders: int) -> bool:
    """Whether that many orders are paid, and nothing is left to do."""
    paid = Order.objects.filter(status="paid").count() == orders
    return paid and not queues.unfinished("orders") and not queues.unfinished("tasks")


def captures() -> Counter[Any]:
    """How often the money of each order was taken."""
    return Counter(
        Transaction.objects.filter(kind="capture", outcome="succeeded").values_list(
            "payment__reference", flat=True
        )
    )


class TestPoison:
    def test_is_set_aside_and_can_be_redriven(
        self,
        hasty: Queues,
        tmp_path: Path,
        reached: Callable[..., None],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        sku = stock_variant().sku
        for number, (body, _) in enumerate(POISON.values()):
            send(hasty, body)
            if number < 9:
                order(sku)
        # It names another queue than it lies on, as whatever was redriven does.
        meets_a_bug = make_request(lines={sku: 1}, email="bug@example.com")
        send(hasty, make_envelope(task="orders.process_order", request=meets_a_bug))

        with run(tmp_path, "correctness"):
            done = wait_until(lambda: is_done(hasty, orders=9), seconds=40)
        log = (tmp_path / "worker.log").read_text()
        assert done, log[-4000:]
        assert collect_dead_letters() == len(POISON) + 1
        assert metrics(capsys.readouterr().out, "DeadLetters") == {"": len(POISON) + 1}
        self.check_reasons()

        bug = DeadLetter.objects.get(reason__contains="a bug")
        newer = DeadLetter.objects.get(reason__contains="version 3")
        redrive(letter_ids=[bug.pk, newer.pk], actor_id=7)
        with pytest.raises(NothingDecided):
            redrive(letter_ids=[bug.pk, newer.pk], actor_id=7)
        with run(tmp_path):
            assert wait_until(lambda: is_done(hasty, orders=10), seconds=30)
        assert collect_dead_letters() == 1
        back = DeadLetter.objects.get(state="waiting", reason__contains="version 3")

        assert back.came_back_from == newer
        assert Order.objects.count() == 10
        assert set(captures().values()) == {1}
        assert len(captures()) == 10
        reached(
            "F7",
            f"{len(POISON)} kinds of poison and an order that meets a bug among 9 orders, one worker",
            to_reach="9 paid once, the others set aside with their reasons",
            number=f"9 paid once, {len(POISON) + 1} dead letters",
        )
        reached(
            "F7",
            "… the bug fixed, redriven twice, with one that nothing helps",
            to_reach="done once, the other comes back",
            number="10 paid once, 1 came back",
        )

    def check_reasons(self) -> None:
        for what, (body, reason) in POISON.items():
            letters = DeadLetter.objects.filter(body=body)
            if not letters:
                # Orders are set aside by their task, in an envelope that bears the reason.
                letters = DeadLetter.objects.filter(reason__contains=reason)
            assert reason in letters.get().reason, what

    @pytest.mark.control
    def test_stops_celerys_own_worker(
        self, queues: Queues, tmp_path: Path, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant().sku
        send(queues, POISON["nested too deep"][0])
        log = tmp_path / "worker.log"
        with run(tmp_path, "set aside"):
            assert wait_until(lambda: "RecursionError" in log.read_text(), seconds=20)
            order(sku)
            assert not wait_until(lambda: is_done(queues, orders=1), seconds=3)

        assert not queues.unfinished("orders-dlq")
        reached(
            "F7",
            "… control: Celery's own consumer, one message nested too deep",
            to_reach="the order beside it waits",
            number="the worker has ended, nothing is set aside",
        )

    @pytest.mark.control
    def test_is_lost_by_celerys_own_consumer(
        self, queues: Queues, tmp_path: Path, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant().sku
        send(queues, changed(headers={}, body="ew=="))
        with run(tmp_path, "set aside"):
            order(sku)
            assert wait_until(lambda: is_done(queues, orders=1), seconds=20)

        assert not queues.unfinished("orders-dlq")
        reached(
            "F7",
            "… control: Celery's own consumer, one message that cannot be decoded",
            to_reach="lost",
            number="gone from the queue, in no dead-letter queue",
        )
