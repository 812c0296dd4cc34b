"""The outside world of events: the SNS topic, and the queue on which the relay is woken."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from celery import current_app
from django.conf import settings

from apps.core.gateways import aws_client
from apps.events.models import OutboxMessage

# Amazon SNS quotas of PublishBatch: ten messages, 256 KiB with their attributes.
SNS_BATCH = 10
SNS_BYTES = 240 * 1024


def send_wake() -> None:
    """Ask a worker to relay now."""
    current_app.send_task("events.relay", retry=False)


def size_of(message: OutboxMessage) -> int:
    """How many bytes an event takes in a batch, with room for its envelope and attributes."""
    return len(msgspec.json.encode(message.payload)) + 1024


def publish_to_topic(messages: Sequence[OutboxMessage]) -> dict[str, str]:
    """Publish at most ten events to SNS; returns the error of each that was refused, by id."""
    answer = aws_client("sns").publish_batch(
        TopicArn=settings.SNS_TOPIC_ARN,
        PublishBatchRequestEntries=[_entry_of(message) for message in messages],
    )
    return {failed["Id"]: failed.get("Message", failed["Code"]) for failed in answer["Failed"]}


def _entry_of(message: OutboxMessage) -> dict[str, object]:
    body = {
        "id": message.id,
        "type": message.type,
        "occurred_at": message.occurred_at,
        "data": message.payload,
    }
    return {
        "Id": str(message.id),
        "Message": msgspec.json.encode(body).decode(),
        "MessageAttributes": {
            "event_type": {"DataType": "String", "StringValue": message.type},
            "event_id": {"DataType": "String", "StringValue": str(message.id)},
            "subject": {"DataType": "String", "StringValue": message.subject},
        },
    }


def peek(queue: str) -> Iterator[dict[str, Any]]:
    """What waits in a queue, each message once; all are visible again when the iteration ends."""
    sqs = aws_client("sqs")
    url = f"{settings.SQS_BASE_URL}/{settings.STAGE}-{queue}"
    receipts: dict[str, str] = {}
    try:
        while True:
            batch = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            fresh = [one for one in batch.get("Messages", []) if one["MessageId"] not in receipts]
            if not fresh:
                return
            for message in fresh:
                receipts[message["MessageId"]] = message["ReceiptHandle"]
                yield msgspec.json.decode(message["Body"])
    finally:
        for receipt in receipts.values():
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
