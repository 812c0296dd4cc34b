"""The queues from which downstream systems receive."""

from collections.abc import Iterator
from typing import Any

import msgspec

from apps.core.gateways import aws_client, queue_url


def peek(queue: str) -> Iterator[dict[str, Any]]:
    """What waits in a queue, each message once; all are visible again when the iteration ends."""
    sqs = aws_client("sqs")
    url = queue_url(queue)
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
