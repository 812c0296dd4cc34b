"""What lies on our queues besides Celery's own messages: what a scheduler and S3 say, and poison."""

import json
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError

from apps.core.gateways import aws_client

logger = logging.getLogger(__name__)

# So often an unknown task is received before it is poison: after two and a half minutes (`RETRY_SECONDS`).
UNKNOWN_RECEIVES = 6


class Fate(Enum):
    """What becomes of a message whose task this release does not know."""

    DROPPED = auto()
    PUT_OFF = auto()
    SET_ASIDE = auto()


def fate_of_unknown(headers: Mapping[str, Any], *, receives: int) -> Fate:
    """While a release goes live, and after it was taken back, messages name tasks of the other one.

    A run of the clock has a successor and is dropped once it has expired; whatever else waits for the
    code that knows it, and is poison only when that does not come. A date that is none never expires.
    """
    if _is_over(headers.get("expires")):
        return Fate.DROPPED
    return Fate.PUT_OFF if receives < UNKNOWN_RECEIVES else Fate.SET_ASIDE


def _is_over(expires: Any) -> bool:
    try:
        at = datetime.fromisoformat(expires)
    except (TypeError, ValueError):
        return False
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) <= datetime.now(UTC)


def written_out(body: str, *, message_id: str, attributes: Mapping[str, str]) -> str:
    """The Celery message that a text stands for which no Celery wrote: a schedule's
    `{"task": …, "expires_after": …}`, or S3's word that a file has come into the bucket `media`.

    The id is the message's own, so that each has one and a redelivery keeps it. Any other body is given
    back as it is.
    """
    for sign, read in _READERS.items():
        if sign in body[:1_000]:
            try:
                headers, arguments = read(json.loads(body), attributes)
            except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
                return body
            return json.dumps(_envelope(headers, arguments, message_id=message_id))
    return body


_Read = tuple[dict[str, Any], dict[str, Any]]


def _read_schedule(document: Any, attributes: Mapping[str, str]) -> _Read:
    """The run expires counted from when the scheduler sent it."""
    task, seconds = str(document["task"]), int(document["expires_after"])
    sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, tz=UTC)
    expires = sent_at + timedelta(seconds=seconds)
    return {"task": task, "expires": expires.isoformat()}, {}


def _read_arrivals(document: Any, _: Mapping[str, str]) -> _Read:
    """The names arrive as in an address: `a+b%2B.png` is the file `a b+.png`."""
    names = [
        unquote_plus(record["s3"]["object"]["key"])
        for record in document["Records"]
        if record["eventName"].startswith("ObjectCreated:")
    ]
    return {"task": "catalog.make_renditions"}, {"names": names}


def _read_test(document: Any, _: Mapping[str, str]) -> _Read:
    """What S3 sends when a notification is set up: nothing has come."""
    if document["Event"] != "s3:TestEvent":
        raise ValueError(document["Event"])
    return {"task": "catalog.make_renditions"}, {"names": []}


_READERS: Mapping[str, Callable[[Any, Mapping[str, str]], _Read]] = {
    '"expires_after"': _read_schedule,
    '"aws:s3"': _read_arrivals,
    '"s3:TestEvent"': _read_test,
}


def _envelope(
    headers: dict[str, Any], arguments: dict[str, Any], *, message_id: str
) -> dict[str, Any]:
    return {
        "body": b64encode(json.dumps([[], arguments, {}]).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "id": message_id, **headers},
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
