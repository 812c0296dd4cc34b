"""AWS for a test: in this process, or the emulator where the test asks for it by the fixture `emulator`.

Both answer at one address, so that nothing in the shop knows which of them it is.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, RLock
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.botocore_stubber import BotocoreStubber
from moto.sqs.models import sqs_backends

from dev.emulator import ACCOUNT, REGION
from dev.provision import provision

# Who a request is signed for; what a test sends without a signature is no request of ours.
_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request")


class _InProcess:
    """Answers botocore's requests to the emulator's address from memory, while it is `on`.

    A program that a test starts may import this, too; for it the emulator is AWS.
    """

    def __init__(self, *, address: str) -> None:
        self.on = False
        self._is_provisioned = False
        self._one_by_one = Lock()
        # Provisioning asks, too; who asks meanwhile in another thread waits for it.
        self._provisioning = RLock()
        self._address = address
        self._aws = BotocoreStubber()
        self._aws.enabled = True

    def __call__(
        self, event_name: str, request: AWSPreparedRequest, **more: Any
    ) -> AWSResponse | None:
        if not self.on or not request.url.startswith(self._address):
            return None
        self._provision()
        signature = request.headers.get("Authorization", b"")
        text = signature.decode() if isinstance(signature, bytes) else signature
        found = _SIGNED_FOR.search(text)
        assert found, "a request that nobody signed"
        path = request.url.removeprefix(self._address)
        request.url = f"https://{found[1]}.{REGION}.amazonaws.com{path}"
        # Moto loses a message that is sent while another one is deleted.
        with self._one_by_one:
            return self._aws(event_name, request, **more)

    def _provision(self) -> None:
        """Make the stage's queues, topic and buckets before the first request; their own are among those."""
        with self._provisioning:
            if not self._is_provisioned:
                self._is_provisioned = True
                provision(endpoint_url=self._address)
                # S3 tries out what it shall tell of new files.
                forget_messages()


in_process = _InProcess(address=os.environ["AWS_ENDPOINT_URL"])
# Before any client is made: a client takes these over from its session.
BUILTIN_HANDLERS.append(("before-send", in_process))


@contextmanager
def emulated() -> Iterator[None]:
    """Let requests reach the emulator."""
    before, in_process.on = in_process.on, False
    try:
        yield
    finally:
        in_process.on = before


def forget_messages() -> None:
    """Empty the queues in this process."""
    backend = sqs_backends[ACCOUNT][REGION]
    for queue in backend.queues.values():
        # SQS lets whoever has received a message delete it, though it is gone.
        for message in queue._messages:
            queue.deleted_messages.update(message.all_receipt_handles)
        backend.purge_queue(queue.name)
