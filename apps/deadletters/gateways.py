"""The dead-letter queues, and the queues to which their messages go back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from apps.core.gateways import aws_client, queue_url, task_app, text_attributes
from apps.deadletters.types import RawMessage

# What the name of a queue's dead-letter queue ends in.
DEAD = "-dlq"


def list_dead_letter_queues() -> list[str]:
    """The names, without the stage, of all dead-letter queues there are: ours and the systems'.

    They are known, not asked for: SQS lists by prefix, and `dev-` is also how `dev-two` begins.
    """
    ours = [queue.name for queue in task_app().conf.task_queues if queue.name.endswith(DEAD)]
    return sorted(
        [*ours, *(f"downstream-{system}{DEAD}" for system in settings.SHOP["DOWNSTREAM"])]
    )


def receive(queue: str) -> list[RawMessage]:
    """Up to ten messages of a queue, hidden from others for a minute."""
    answer = aws_client("sqs").receive_message(
        QueueUrl=queue_url(queue),
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
    aws_client("sqs").delete_message_batch(QueueUrl=queue_url(queue), Entries=entries)


def send(queue: str, *, body: str, attributes: Mapping[str, str]) -> None:
    """Put a message on a queue as it is. Raises what SQS's client raises."""
    aws_client("sqs").send_message(
        QueueUrl=queue_url(queue), MessageBody=body, MessageAttributes=text_attributes(attributes)
    )
