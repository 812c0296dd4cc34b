"""Messages that nobody could work, and metrics as they are put on record."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.core.gateways import aws_client
from apps.deadletters.models import DeadLetter, LetterState
from apps.deadletters.services import collect_dead_letters
from apps.downstream.models import Receipt
from apps.downstream.selectors import audience_of
from apps.downstream.services import replay_events
from apps.events.models import OutboxMessage
from tests.queues import Queues


def make_envelope(*, task: str = "events.relay", **kwargs: Any) -> str:
    """A message as Celery writes it, with the task's arguments."""
    body = base64.b64encode(json.dumps([[], kwargs, {}]).encode()).decode()
    headers = {"lang": "py", "task": task, "id": str(uuid4()), "argsrepr": ""}
    properties = {
        "correlation_id": headers["id"],
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "tasks"},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    envelope = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(envelope)


def bury(queues: Queues, body: str, *, queue: str = "tasks-dlq", **attributes: str) -> str:
    """Put a message into a dead-letter queue; returns its id."""
    answer = aws_client("sqs").send_message(
        QueueUrl=queues.url(queue),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
        },
    )
    return str(answer["MessageId"])


def make_letter(queues: Queues, body: str = "{", **fields: Any) -> DeadLetter:
    """A dead letter that waits for a decision."""
    message_id = bury(queues, body, **fields)
    collect_dead_letters()
    return DeadLetter.objects.get(message_id=message_id)


def fill_outbox() -> None:
    """Receipts of all that was announced, a replay, and dead letters in every state."""
    now = timezone.now()
    for event in OutboxMessage.objects.filter(is_public=True):
        for system in audience_of(event.type):
            Receipt.objects.create(message=event, system=system, received_at=now)
    replay_events(
        system="accounting", since=now - timedelta(days=1), actor_id=None, reason="a lost backup"
    )
    for number in range(6):
        DeadLetter.objects.create(
            queue="orders-dlq",
            message_id=str(number),
            body=make_envelope(task="orders.process_order", request={"number": number}),
            task="orders.process_order",
            sent_at=now,
            state=LetterState.values[number % 3],
            came_back_from=DeadLetter.objects.first(),
        )


def metrics(printed: str, name: str) -> dict[str, int]:
    """The values of a metric by its one dimension of its own, out of what was printed."""
    found = {}
    for line in printed.splitlines():
        if line.startswith("{") and name in (record := json.loads(line)):
            own = [text for key, text in record.items() if key not in {"_aws", "stage", name}]
            (value,) = record[name]
            found[own[0] if own else ""] = round(value)
    return found
