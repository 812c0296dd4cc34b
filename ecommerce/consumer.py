"""The worker's consumer: what no task can be made of goes to the dead letters at once, with the reason.

Celery's own would acknowledge, hence lose, what it cannot decode, would leave other poison to be received
again until SQS has had enough, and would end the worker over the rest: one message could stop all work.
"""

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from celery.worker import consumer
from kombu import Connection, Message
from kombu.transport import SQS

from ecommerce.envelopes import Fate, fate_of_unknown, set_aside, written_out

logger = logging.getLogger(__name__)


class Channel(SQS.Channel):
    """Kombu's channel, without what would end the worker over one message."""

    def _message_to_python(
        self, message: dict[str, Any], queue_name: str, q_url: str
    ) -> dict[str, Any]:
        """What kombu reads, or a plain text that can be set aside where it would raise."""
        try:
            body = written_out(
                message["Body"], message_id=message["MessageId"], attributes=message["Attributes"]
            )
            payload: dict[str, Any] = super()._message_to_python(  # type: ignore[misc]
                {**message, "Body": body}, queue_name, q_url
            )
            # Where it lay, whatever it says of itself: what was redriven names its dead letters. A worker
            # that stops lets go of what it had not begun by both; what others sent names no exchange.
            payload["properties"]["delivery_info"] |= {
                "exchange": "",
                "routing_key": queue_name,
                "sqs_message": message,
            }
            self.Message(payload, channel=self)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is poison
            logger.warning("a message of %s cannot be read: %r", queue_name, error)
            plain = self._envelope_payload({}, message["Body"], message, q_url)  # type: ignore[attr-defined]
            return dict(plain)
        return payload

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Hide a failed message for a while, if it is still there to be hidden."""
        try:
            super().basic_reject(delivery_tag, requeue=requeue)
        except ClientError:
            logger.warning("a failed message was not put off", exc_info=True)


class Consumer(consumer.Consumer):
    """Celery's consumer, which sets poison aside before it lets go of it."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """A connection whose messages our Channel reads."""
        conn.transport.Channel = Channel  # type: ignore[attr-defined]
        return super().ensure_connected(conn)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Message], None]:
        """Celery's handler; a message of which it can make no task is set aside, and work goes on.

        What the handler raises for a lost connection is raised.
        """
        handle = super().create_task_handler(*args, **kwargs)
        lost_connection = (*self.connection_errors, BotoCoreError, OSError)  # type: ignore[attr-defined]

        def handle_or_set_aside(message: Message) -> None:
            try:
                handle(message)
            except lost_connection:
                raise
            except Exception as error:
                if message.acknowledged:
                    raise
                logger.exception("a message cannot become a task")
                self._set_aside(message, reason=f"cannot become a task: {error!r}")

        return handle_or_set_aside

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """Set aside what cannot be decoded."""
        self._set_aside(message, reason=f"cannot be decoded: {exc}")

    def on_unknown_message(self, body: Any, message: Message) -> None:
        """Set aside what is no message of a task."""
        self._set_aside(message, reason="is no message of a task")

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        """Another release's: it expired, waits for the code that knows it, or has waited long enough."""
        receives = int(
            message.delivery_info["sqs_message"]["Attributes"]["ApproximateReceiveCount"]
        )
        fate = fate_of_unknown(message.headers, receives=receives)
        if fate is Fate.SET_ASIDE:
            self._set_aside(message, reason=f"names no task: {exc}")
            return
        logger.warning("a message names no task: %s: %s", exc, fate.name)
        settle = message.ack_log_error if fate is Fate.DROPPED else message.reject_log_error
        settle(logger, self.connection_errors)  # type: ignore[attr-defined]

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        """Set aside a message that names a task and cannot be one."""
        self._set_aside(message, reason=f"cannot be a task: {exc}")

    def _set_aside(self, message: Message, *, reason: str) -> None:
        """Move a message to its queue's dead letters as it was received.

        If those do not take it, it stays where it is, and SQS moves it when it was received too often.
        """
        received, queue = message.delivery_info["sqs_message"], message.delivery_info["sqs_queue"]
        lost_connection = self.connection_errors  # type: ignore[attr-defined]
        if set_aside(received["Body"], queue_url=queue, reason=reason):
            message.ack_log_error(logger, lost_connection)
        else:
            # kombu looks the task's name up to find out how long the message stays hidden.
            message.headers.setdefault("task", "")
            message.reject_log_error(logger, lost_connection)
