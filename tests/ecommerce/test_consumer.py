"""Poison goes to the dead letters at once, whatever is wrong with it, and nine of ten are done."""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app

from apps.core.gateways import aws_client
from apps.orders.models import Order
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.faults.programs import database_url, stage_environment, wait_until, worker
from tests.queues import Queues

pytestmark = pytest.mark.django_db(transaction=True)


def envelope(**headers: Any) -> dict[str, Any]:
    """A message as Celery writes it."""
    body = base64.b64encode(json.dumps([[], {}, {}]).encode()).decode()
    known = {"lang": "py", "task": "events.relay", "id": str(uuid4()), "argsrepr": ""}
    return {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {**known, **headers},
        "properties": {
            "correlation_id": str(uuid4()),
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "orders"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
        },
    }


POISON = {
    "no JSON": "{",
    "no object": "[1, 2]",
    "JSON of somebody else": '{"Records": []}',
    "an unknown task": json.dumps(envelope(task="orders.dream")),
    "no task": json.dumps({**envelope(), "headers": {}}),
    "256 KiB of nonsense": "x" * 262_144,
}


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


def test_one_poison_in_ten_leaves_nine_done(queues: Queues, tmp_path: Path) -> None:
    sku = stock_variant(on_hand=100).sku
    for number, body in enumerate(POISON.values()):
        aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody=body)
        for _ in range(2 if number % 2 else 1):
            request = make_request(lines={sku: 1})
            current_app.send_task(
                "orders.process_order", kwargs={"request": request}, queue="orders"
            )
    sent = 9

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
    assert set(dead) == set(POISON.values())
    assert all(dead[body] for name, body in POISON.items() if "KiB" not in name)
