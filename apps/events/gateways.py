"""The outside world of events: the SNS topic, and the queue on which the relay is woken."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings

from apps.core.gateways import aws_client, queue_url, task_app, text_attributes
from apps.events.models import OutboxMessage

# Amazon SNS quotas of PublishBatch: ten messages, 256 KiB with their attributes.
SNS_BATCH = 10
SNS_BYTES = 240 * 1024
# Envelope and attributes take 1 KiB; an address of the longest texts, four bytes a character, 5 KiB.
_ROOM = 6 * 1024


def send_wake(lane: str, *, hops: int) -> None:
    """Ask a worker to relay now what is due in a lane; each but the first has a queue of its name."""
    task_app().send_task(
        "events.relay", kwargs={"lane": lane, "hops": hops}, queue=lane or "tasks", retry=False
    )


def size_of(message: OutboxMessage) -> int:
    """How many bytes an event takes in a batch, with room for envelope, attributes and personal data."""
    return len(msgspec.json.encode(message.payload)) + _ROOM


def publish_to_topic(messages: Sequence[OutboxMessage]) -> dict[str, str]:
    """Publish at most ten events to SNS; returns the error of each that was refused, by id."""
    answer = aws_client("sns").publish_batch(
        TopicArn=settings.SNS_TOPIC_ARN,
        PublishBatchRequestEntries=[_entry_of(message) for message in messages],
    )
    return {failed["Id"]: failed.get("Message", failed["Code"]) for failed in answer["Failed"]}


def _entry_of(message: OutboxMessage) -> dict[str, Any]:
    body = {
        "id": message.id,
        "type": message.type,
        "occurred_at": message.occurred_at,
        "data": message.payload,
    }
    attributes = {
        "event_type": message.type, "event_id": str(message.id), "subject": message.subject,
        "trace_id": message.trace_id,
    }  # fmt: skip
    return {
        "Id": str(message.id),
        "Message": msgspec.json.encode(body).decode(),
        # SNS refuses empty ones.
        "MessageAttributes": text_attributes({k: v for k, v in attributes.items() if v}),
    }


def send_to_system(system: str, message: OutboxMessage) -> None:
    """Put one event into one system's queue, as SNS would deliver it. Raises what SQS's client raises."""
    entry = _entry_of(message)
    aws_client("sqs").send_message(
        QueueUrl=queue_url(f"downstream-{system}"),
        MessageBody=entry["Message"],
        MessageAttributes=entry["MessageAttributes"],
    )
