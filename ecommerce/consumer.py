"""The worker's consumer: what no task can be made of goes to the dead letters at once, with the reason.

Celery's own would acknowledge, hence lose, what it cannot decode, and would leave the rest to be received
again until SQS has had enough.
"""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from celery.worker import consumer
from kombu import Message

from apps.core.gateways import aws_client

logger = logging.getLogger(__name__)


class Consumer(consumer.Consumer):
    """Celery's consumer, which sets poison aside before it lets go of it."""

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        self._set_aside(message, reason=f"cannot be decoded: {exc}")

    def on_unknown_message(self, body: Any, message: Message) -> None:
        self._set_aside(message, reason="is no message of a task")

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._set_aside(message, reason=f"names no task: {exc}")

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._set_aside(message, reason=f"cannot be a task: {exc}")

    def _set_aside(self, message: Message, *, reason: str) -> None:
        """Move a message to its queue's dead letters as it was received.

        If those do not take it, it stays where it is, and SQS moves it when it was received too often.
        """
        received, queue = message.delivery_info["sqs_message"], message.delivery_info["sqs_queue"]
        logger.error("a message of %s %s", queue, reason)
        lost_connection = self.connection_errors  # type: ignore[attr-defined]
        if _copy(received["Body"], queue=f"{queue}-dlq", reason=reason):
            message.ack_log_error(logger, lost_connection)
        else:
            # kombu looks the task's name up to find out how long the message stays hidden.
            message.headers.setdefault("task", "")
            message.reject_log_error(logger, lost_connection)


def _copy(body: str, *, queue: str, reason: str) -> bool:
    reason_attribute = {"DataType": "String", "StringValue": reason[:500]}
    try:
        aws_client("sqs").send_message(
            QueueUrl=queue,
            MessageBody=body,
            MessageAttributes={"dead_letter_reason": reason_attribute},
        )
    except (BotoCoreError, ClientError):
        logger.exception("%s did not take it", queue)
        return False
    return True
