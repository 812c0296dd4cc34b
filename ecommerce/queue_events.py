"""Records of SQS as Celery tasks, run here and now; only those that failed are left on the queue.

The worker's own request and its single-threaded pool do the work, so that expiry, late acknowledgement,
rejection, retries and signals are Celery's, as on a laptop. Poison goes to the dead letters at once.
"""

import base64
import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from math import ceil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from celery.concurrency.solo import TaskPool
from celery.exceptions import InvalidTaskError, NotRegistered
from celery.worker.request import Request
from django.conf import settings
from django.db import close_old_connections
from kombu.exceptions import ContentDisallowed, DecodeError
from kombu.serialization import prepare_accept_content
from kombu.transport import virtual

from apps.core.gateways import aws_client
from apps.core.services import deadline_at
from ecommerce import telemetry
from ecommerce.celery import app
from ecommerce.envelopes import set_aside, written_out
from ecommerce.isolation import alone
from ecommerce.messaging import RETRY_SECONDS

logger = logging.getLogger(__name__)

Record = Mapping[str, Any]

# With less time than this, no further task is begun: the slowest waits ten seconds for a bank.
MARGIN_MILLIS = int(os.environ.get("LAMBDA_MARGIN_SECONDS", "15")) * 1000
# The longest that SQS hides a received message.
_LONGEST_HIDDEN = 12 * 60 * 60

_pool = TaskPool(1)


class NoTask(Exception):
    """What no task can be made of, and why."""


@cache
def prepare() -> None:
    """Load every task, once; the worker function does so while it starts."""
    telemetry.begin()
    app.autodiscover_tasks(force=True)
    app.finalize()
    _pool.start()


def work(records: Iterable[Record], context: Any) -> dict[str, list[dict[str, str]]]:
    """Work the records one after the other; names those that SQS must bring again.

    What was not begun because the time runs out is among them, and comes soon. A task can ask
    `apps.core.services.seconds_left` when the function ends.
    """
    prepare()
    failed = []
    with deadline_at(time.monotonic() + context.get_remaining_time_in_millis() / 1000):
        for record in records:
            late = context.get_remaining_time_in_millis() < MARGIN_MILLIS
            if not (_come_back(record) if late else alone(_work, record)):
                failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _work(record: Record) -> bool:
    """Whether SQS may forget the record: done, expired, or set aside."""
    try:
        request = _request_of(record)
    except NoTask as poison:
        settled = set_aside(record["body"], queue_url=_url_of(record), reason=str(poison))
        return settled or _come_back(record)
    close_old_connections()
    try:
        return _run(request, record)
    except (Exception, SystemExit):
        logger.exception("the message %s was not worked", record["messageId"])
        return _come_back(record)
    finally:
        close_old_connections()


def _run(request: "_TaskRequest", record: Record) -> bool:
    if request.revoked():
        return True
    if request.eta and (seconds := _until(request.eta)) > 0:
        return _come_back(record, after=min(seconds, _LONGEST_HIDDEN))
    request.execute_using_pool(_pool)
    return request.done or _come_back(record)


def _until(due: datetime) -> int:
    return ceil((due - datetime.now(UTC)).total_seconds())


def _come_back(record: Record, *, after: int | None = None) -> bool:
    """Hide a record for longer the oftener it failed; False, for it is not done."""
    receives = int(record["attributes"].get("ApproximateReceiveCount", "1"))
    seconds = RETRY_SECONDS.get(receives, max(RETRY_SECONDS.values())) if after is None else after
    try:
        aws_client("sqs").change_message_visibility(
            QueueUrl=_url_of(record),
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=seconds,
        )
    except (BotoCoreError, ClientError):
        logger.warning("a failed message was not put off", exc_info=True)
    return False


def _url_of(record: Record) -> str:
    return f"{settings.SQS_BASE_URL}/{record['eventSourceARN'].rpartition(':')[2]}"


class _TaskRequest(Request):
    """Celery's request for a task, which remembers whether it was acknowledged or rejected."""

    done = False

    def acknowledge(self) -> None:
        self.done = True
        super().acknowledge()


class _Channel:
    """What a message asks of the channel that it came by."""

    no_ack_consumers: frozenset[str] = frozenset()

    def decode_body(self, body: str, encoding: str | None = None) -> bytes | str:
        return virtual.base.Base64().decode(body) if encoding == "base64" else body


def _request_of(record: Record) -> _TaskRequest:
    """The task that a record asks for. Raises NoTask, in the words of the laptop's worker."""
    try:
        message = _message_of(record)
        name = message.headers["task"]
    except Exception as error:
        msg = "is no message of a task"
        raise NoTask(msg) from error
    try:
        task = app.tasks[name]
    except NotRegistered as error:
        msg = f"names no task: {error}"
        raise NoTask(msg) from error
    except TypeError as error:
        msg = f"cannot become a task: {error!r}"
        raise NoTask(msg) from error
    return _made_request(message, task)


def _made_request(message: virtual.Message, task: Any) -> _TaskRequest:
    try:
        return _TaskRequest(
            message, app=app, hostname="lambda", task=task, body=message.body,
            headers=message.headers, decoded=False, utc=True,
        )  # fmt: skip
    except (InvalidTaskError, ContentDisallowed) as error:
        msg = f"cannot be a task: {error}"
        raise NoTask(msg) from error
    except DecodeError as error:
        msg = f"cannot be decoded: {error}"
        raise NoTask(msg) from error
    except Exception as error:
        msg = f"cannot become a task: {error!r}"
        raise NoTask(msg) from error


def _message_of(record: Record) -> virtual.Message:
    body = written_out(
        record["body"], message_id=record["messageId"], attributes=record["attributes"]
    )
    payload = json.loads(body if body.lstrip().startswith("{") else base64.b64decode(body))
    properties = payload["properties"]
    properties["delivery_tag"] = record["receiptHandle"]
    properties["delivery_info"]["routing_key"] = record["eventSourceARN"].rpartition(":")[2]
    receives = int(record["attributes"].get("ApproximateReceiveCount", "1"))
    properties["delivery_info"]["redelivered"] = receives > 1
    channel: Any = _Channel()
    accepted = prepare_accept_content(app.conf.accept_content)
    return virtual.Message(payload, channel=channel, accept=accepted)
