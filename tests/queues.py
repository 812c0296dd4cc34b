"""Look into the stage's queues, and run what waits in them in this process."""

import base64
import json
import time
from functools import cache
from typing import Any

from celery import current_app
from django.conf import settings
from kombu.compression import decompress

from apps.core.gateways import aws_client
from ecommerce.messaging import DOWNSTREAM, QUEUES, physical_name
from tests import aws

NAMES = (
    *(queue.name for queue in QUEUES),
    *(f"{queue.name}-dlq" for queue in QUEUES),
    *(f"downstream-{system}" for system in DOWNSTREAM),
    *(f"downstream-{system}-dlq" for system in DOWNSTREAM),
)


@cache
def _know_all_tasks() -> None:
    current_app.loader.import_default_modules()


class Queues:
    """What a test asks of the queues."""

    def url(self, name: str) -> str:
        return f"{settings.SQS_BASE_URL}/{physical_name(name)}"

    def purge(self) -> None:
        if aws.in_process.on:
            aws.forget_messages()
            return
        for name in NAMES:
            aws_client("sqs").purge_queue(QueueUrl=self.url(name))

    def take(self, name: str) -> list[dict[str, Any]]:
        """All that waits, taken out."""
        taken: list[dict[str, Any]] = []
        while True:
            answer = aws_client("sqs").receive_message(
                QueueUrl=self.url(name), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            messages = answer.get("Messages", [])
            if not messages:
                return taken
            for message in messages:
                taken.append(json.loads(message["Body"]))
                aws_client("sqs").delete_message(
                    QueueUrl=self.url(name), ReceiptHandle=message["ReceiptHandle"]
                )

    def heard_by(self, system: str) -> list[str]:
        """The types of the events in a downstream system's queue, sorted, taken out."""
        return sorted(body["type"] for body in self.take(f"downstream-{system}"))

    def wait_for(self, name: str) -> list[dict[str, Any]]:
        """All that waits, taken out, once there is anything: a dead worker's poll may hide it a moment."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if taken := self.take(name):
                return taken
            time.sleep(0.1)
        raise TimeoutError

    def run(self, name: str) -> int:
        """Run every waiting task once, in this process; returns how many."""
        return self.run_tasks(self.take(name))

    def run_tasks(self, envelopes: list[dict[str, Any]]) -> int:
        """Run tasks that were taken out, in this process; returns how many."""
        _know_all_tasks()
        for envelope in envelopes:
            body = base64.b64decode(envelope["body"])
            if compression := envelope["headers"].get("compression"):
                body = decompress(body, compression)
            args, kwargs, _ = json.loads(body)
            current_app.tasks[envelope["headers"]["task"]](*args, **kwargs)
        return len(envelopes)

    def run_all(self) -> None:
        """Run all queues of ours until nothing waits.

        A message may be hidden for a moment: a worker that was killed, or its long poll that the
        emulator still answers, has received it and will never delete it.
        """
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            ran = sum(self.run(queue.name) for queue in QUEUES)
            if not ran and not any(self.unfinished(queue.name) for queue in QUEUES):
                return
            if not ran:
                time.sleep(0.1)
        raise TimeoutError

    def unfinished(self, name: str) -> int:
        """How many messages are visible, hidden or delayed; what has become of an order is asked on
        the queue `bulk`, a quarter of an hour later.
        """
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        if name != "bulk":
            names.append("ApproximateNumberOfMessagesDelayed")
        answer = aws_client("sqs").get_queue_attributes(
            QueueUrl=self.url(name), AttributeNames=names
        )
        return sum(int(answer["Attributes"][one]) for one in names)
