"""The orders queue, and the figures of orders."""

import json
import zlib
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings

from apps.core.gateways import aws_client, task_app
from apps.orders.errors import OrderTooLarge
from apps.orders.rules import MOST_SENT_BYTES
from apps.orders.types import Trace

TASK = "orders.process_order"
TRACE_TASK = "orders.look_for_order"
_WAITING = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def send_to_queue(request: dict[str, Any]) -> None:
    """Put an accepted request on the orders queue; its task bears the order's id, by which it is found.

    Raises OrderTooLarge, and what the queue's client raises.
    """
    task_app().send_task(
        TASK,
        kwargs={"request": request},
        queue="orders",
        task_id=request["draft"]["id"],
        compression=_compression_for(request),
        retry=False,
    )


def check_sendable(request: dict[str, Any]) -> None:
    """Refuse a request that the queue does not take, even compressed. Raises OrderTooLarge."""
    _compression_for(request)


def _compression_for(request: dict[str, Any]) -> str | None:
    """How to pack a request: as it is while the queue takes that, for then a person can read it."""
    written = json.dumps(request).encode()
    if _in_base64(len(written)) <= MOST_SENT_BYTES:
        return None
    if _in_base64(len(zlib.compress(written))) <= MOST_SENT_BYTES:
        return "zlib"
    raise OrderTooLarge(limit=f"{MOST_SENT_BYTES // 1024} KiB")


def _in_base64(size: int) -> int:
    return 4 * -(-size // 3)


def send_trace(trace: Trace, *, after: timedelta) -> None:
    """Let it be asked later what has become of an accepted order. Raises what the queue's client raises."""
    task_app().send_task(
        TRACE_TASK,
        kwargs={"trace": msgspec.to_builtins(trace)},
        queue="bulk",
        countdown=after.total_seconds(),
        retry=False,
    )


def is_queue_empty() -> bool:
    """Whether nothing waits on the orders queue, or is in a worker's hands. Raises what SQS's client raises."""
    facts = aws_client("sqs").get_queue_attributes(
        QueueUrl=f"{settings.SQS_BASE_URL}/{settings.STAGE}-orders", AttributeNames=list(_WAITING)
    )
    return not any(int(facts["Attributes"][name]) for name in _WAITING)


def send_to_dead_letters(
    arguments: dict[str, object], *, task: str, queue: str, reason: str
) -> None:
    """Set a message aside for a person, with the reason beside it; it keeps its task's id."""
    from celery import current_task  # where a task runs, it is there

    task_app().send_task(
        task,
        kwargs=arguments,
        queue=f"{queue}-dlq",
        task_id=current_task.request.id if current_task else None,
        retry=False,
        headers={"dead_letter_reason": reason[:500]},
    )
