"""What lies on our queues besides Celery's own messages: a scheduler's constant input, and poison."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from apps.core.gateways import aws_client

logger = logging.getLogger(__name__)


def written_out(body: str, *, message_id: str, attributes: Mapping[str, str]) -> str:
    """The Celery message that a schedule's `{"task": …, "expires_after": …}` stands for.

    The id is the message's own, so that each firing has one and a redelivery keeps it; the run
    expires counted from when the scheduler sent it. Any other body is given back as it is.
    """
    if '"expires_after"' not in body[:1_000]:
        return body
    try:
        document = json.loads(body)
        task, seconds = str(document["task"]), int(document["expires_after"])
        sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, tz=UTC)
        expires = sent_at + timedelta(seconds=seconds)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return body
    headers = {"lang": "py", "task": task, "id": message_id, "expires": expires.isoformat()}
    return json.dumps(_envelope(headers, message_id=message_id))


def _envelope(headers: dict[str, Any], *, message_id: str) -> dict[str, Any]:
    return {
        "body": "W1tdLCB7fSwge31d",  # [[], {}, {}]: no arguments
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": {
            "body_encoding": "base64",
            "correlation_id": message_id,
            "delivery_info": {},
            "delivery_tag": message_id,
        },
    }


def set_aside(body: str, *, queue_url: str, reason: str) -> bool:
    """Copy a message to its queue's dead letters as it was received; whether they took it."""
    logger.error("a message of %s %s", queue_url, reason)
    reason_attribute = {"DataType": "String", "StringValue": reason[:500]}
    try:
        aws_client("sqs").send_message(
            QueueUrl=f"{queue_url}-dlq",
            MessageBody=body,
            MessageAttributes={"dead_letter_reason": reason_attribute},
        )
    except (BotoCoreError, ClientError):
        logger.exception("%s-dlq did not take it", queue_url)
        return False
    return True
