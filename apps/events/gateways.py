"""The outside world of events: the SNS topic, and the queue on which the relay is woken."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings

from apps.core.gateways import aws_client, record_metric, task_app
from apps.events.models import OutboxMessage
from apps.events.types import SYSTEMS, RawMessage

# Amazon SNS quotas of PublishBatch: ten messages, 256 KiB with their attributes.
SNS_BATCH = 10
SNS_BYTES = 240 * 1024
# Envelope and attributes take 1 KiB; an address of the longest texts, four bytes a character, 5 KiB.
_ROOM = 6 * 1024
# What the name of a queue's dead-letter queue ends in.
DEAD = "-dlq"


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
        "MessageAttributes": _text_attributes({k: v for k, v in attributes.items() if v}),
    }


def send_to_system(system: str, message: OutboxMessage) -> None:
    """Put one event into one system's queue, as SNS would deliver it. Raises what SQS's client raises."""
    entry = _entry_of(message)
    aws_client("sqs").send_message(
        QueueUrl=_url_of(f"downstream-{system}"),
        MessageBody=entry["Message"],
        MessageAttributes=entry["MessageAttributes"],
    )


def list_dead_letter_queues() -> list[str]:
    """The names, without the stage, of all dead-letter queues there are: ours and the systems'.

    They are known, not asked for: SQS lists by prefix, and `dev-` is also how `dev-two` begins.
    """
    ours = [queue.name for queue in task_app().conf.task_queues if queue.name.endswith(DEAD)]
    return sorted([*ours, *(f"downstream-{system}{DEAD}" for system in SYSTEMS)])


def receive(queue: str) -> list[RawMessage]:
    """Up to ten messages of a queue, hidden from others for a minute."""
    answer = aws_client("sqs").receive_message(
        QueueUrl=_url_of(queue),
        MaxNumberOfMessages=10,
        VisibilityTimeout=60,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return [_raw_of(message) for message in answer.get("Messages", [])]


def _raw_of(message: dict[str, Any]) -> RawMessage:
    facts = message["Attributes"]
    texts = {
        name: attribute["StringValue"]
        for name, attribute in message.get("MessageAttributes", {}).items()
        if attribute["DataType"] == "String"
    }
    return RawMessage(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        sent_at=datetime.fromtimestamp(int(facts["SentTimestamp"]) / 1000, tz=UTC),
        receive_count=int(facts["ApproximateReceiveCount"]),
        reason=texts.pop("dead_letter_reason", ""),
        attributes=texts,
    )


def delete(queue: str, messages: Sequence[RawMessage]) -> None:
    """Take at most ten received messages out of a queue for good.

    One that is refused stays, and is received again.
    """
    entries = [
        {"Id": str(number), "ReceiptHandle": message.receipt}
        for number, message in enumerate(messages)
    ]
    aws_client("sqs").delete_message_batch(QueueUrl=_url_of(queue), Entries=entries)


def send(queue: str, *, body: str, attributes: Mapping[str, str]) -> None:
    """Put a message on a queue as it is. Raises what SQS's client raises."""
    aws_client("sqs").send_message(
        QueueUrl=_url_of(queue), MessageBody=body, MessageAttributes=_text_attributes(attributes)
    )


def _text_attributes(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}


def report_dead_letters(count: int) -> None:
    """Put the number of undecided dead letters on record as the metric DeadLetters, zero too."""
    record_metric(name="DeadLetters", value=count)


def report_lag(target: str, seconds: int) -> None:
    """Put on record how long the oldest delivery to a target has waited."""
    record_metric(name="DeliveryLagSeconds", value=seconds, target=target)


def _url_of(queue: str) -> str:
    return f"{settings.SQS_BASE_URL}/{settings.STAGE}-{queue}"


def peek(queue: str) -> Iterator[dict[str, Any]]:
    """What waits in a queue, each message once; all are visible again when the iteration ends."""
    sqs = aws_client("sqs")
    url = _url_of(queue)
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
