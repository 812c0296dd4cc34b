"""Poison goes to the dead letters at once, whatever is wrong with it, and all beside it is done."""

import json
from pathlib import Path

import pytest
from celery import current_app

from apps.core.gateways import aws_client
from apps.orders.models import Order
from ecommerce.consumer import Channel
from ecommerce.envelopes import UNKNOWN_RECEIVES
from tests.factories.events import make_envelope
from tests.factories.orders import make_request
from tests.factories.poison import POISON, UNKNOWN
from tests.factories.shop import stock_variant
from tests.faults.programs import database_url, stage_environment, wait_until, worker
from tests.queues import Queues

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


def reasons(queues: Queues) -> dict[str, str]:
    """The body of each dead letter of `orders`, and the reason beside it."""
    found = {}
    while True:
        answer = aws_client("sqs").receive_message(
            QueueUrl=queues.url("orders-dlq"),
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
        )
        if not answer.get("Messages"):
            return found
        for message in answer["Messages"]:
            attributes = message.get("MessageAttributes", {})
            reason = attributes.get("dead_letter_reason", {}).get("StringValue", "")
            found[message["Body"]] = reason


def test_poison_leaves_what_lies_beside_it_done(queues: Queues, tmp_path: Path) -> None:
    sku = stock_variant(on_hand=100).sku
    for body, _ in POISON.values():
        aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody=body)
        request = make_request(lines={sku: 1})
        current_app.send_task("orders.process_order", kwargs={"request": request}, queue="orders")
    sent = len(POISON)

    environment = stage_environment(DATABASE_URL=database_url())
    with worker(environment, log=tmp_path / "log"):
        done = wait_until(
            lambda: (
                Order.objects.filter(status="paid").count() == sent
                and not queues.unfinished("orders")
            ),
            seconds=60,
        )

    assert done, (tmp_path / "log").read_text()
    dead = reasons(queues)
    assert set(dead) == {body for body, _ in POISON.values()}
    assert [what for what, (body, reason) in POISON.items() if reason not in dead[body]] == []


def test_a_task_of_another_release_comes_back_or_expires_before_it_is_poison(
    queues: Queues, tmp_path: Path
) -> None:
    """A roll-back leaves the new release's schedules behind: no dead letter a minute."""
    expired = '{"task": "orders.dream", "expires_after": 0}'
    young, old = UNKNOWN["a schedule"], UNKNOWN["a task"]
    receive_without_success(queues, old, times=UNKNOWN_RECEIVES - 1)
    for body in (expired, young):
        aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody=body)

    with worker(stage_environment(DATABASE_URL=database_url()), log=tmp_path / "log"):
        settled = wait_until(lambda: queues.unfinished("orders") == 1, seconds=60)

    assert settled, (tmp_path / "log").read_text()
    assert {body: "names no task" in reason for body, reason in reasons(queues).items()} == {
        old: True
    }


def receive_without_success(queues: Queues, body: str, *, times: int) -> None:
    """Send a message to `orders` that has been received so often already."""
    url = queues.url("orders")
    aws_client("sqs").send_message(QueueUrl=url, MessageBody=body)
    for _ in range(times):
        answer = aws_client("sqs").receive_message(QueueUrl=url, VisibilityTimeout=0)
        assert len(answer["Messages"]) == 1


@pytest.mark.parametrize(
    "body",
    [make_envelope(), '{"task": "events.relay", "expires_after": 55}'],
    ids=["ours", "the clock's"],
)
def test_what_a_stopping_worker_had_not_begun_is_let_go_of(queues: Queues, body: str) -> None:
    aws_client("sqs").send_message(QueueUrl=queues.url("tasks"), MessageBody=body)
    (received,) = aws_client("sqs").receive_message(
        QueueUrl=queues.url("tasks"), AttributeNames=["All"], VisibilityTimeout=60
    )["Messages"]
    with current_app.connection() as connection:
        connection.transport.Channel = Channel
        channel = connection.channel()
        payload = channel._message_to_python(received, "tasks", queues.url("tasks"))

        channel._restore(channel.Message(payload, channel=channel))

    (back,) = queues.wait_for("tasks")
    assert back == json.loads(body)
