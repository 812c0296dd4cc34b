"""A real Celery worker that kills itself with SIGKILL at a named point, once per order or event.

Started as `python -m tests.faults.crashing_worker POINT FOLDER [GUARD-OFF]`. A parent process, which
has everything imported, forks the worker anew each time it has died. What the bank was asked is kept
in FOLDER, so that the test can count charges without trusting the shop's own ledger.
"""

import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

POINTS = (
    "message received",
    "order written",
    "before authorise",
    "after authorise",
    "before capture",
    "after capture",
    "before acknowledgement",
    "during relay",
)


def die_once(folder: Path, subject: str) -> None:
    """Kill this process, with all its threads, unless this subject has cost a worker already."""
    try:
        (folder / f"killed-{subject.replace('/', '-')}").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def around(
    owner: Any, name: str, *, before: Callable[..., None] | None, after: Callable[..., None] | None
) -> None:
    """Call something before or after a function of the shop."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args, **kwargs)
        result = original(*args, **kwargs)
        if after:
            after(*args, **kwargs)
        return result

    setattr(owner, name, wrapped)


def keep_the_banks_book(folder: Path) -> None:
    """Write down each capture the bank carries out; a key it has seen moves nothing."""
    from apps.payments.gateways.fake import FakeGateway

    def note(_: Any, request: Any) -> None:
        with (folder / "captures").open("a") as book:
            book.write(f"{request.key}\n")

    around(FakeGateway, "capture", before=None, after=note)


def arm(point: str, folder: Path) -> None:
    """Plant the kill."""
    from apps.events import gateways as events
    from apps.orders import services as orders
    from apps.orders.services import intake
    from apps.payments.gateways.fake import FakeGateway

    def by_message(*, request: Any) -> None:
        die_once(folder, request["draft"]["id"])

    def by_request(request: Any) -> None:
        die_once(folder, str(request.draft.id))

    def by_payment(_: Any, request: Any) -> None:
        die_once(folder, request.payment_id)

    def by_batch(messages: Any) -> None:
        die_once(folder, str(messages[0].id))

    plans = {
        "message received": (orders, "process_order", by_message, None),
        "order written": (intake, "_write_order", None, by_request),
        "before authorise": (FakeGateway, "authorise", by_payment, None),
        "after authorise": (FakeGateway, "authorise", None, by_payment),
        "before capture": (FakeGateway, "capture", by_payment, None),
        "after capture": (FakeGateway, "capture", None, by_payment),
        "before acknowledgement": (orders, "process_order", None, by_message),
        "during relay": (events, "publish_to_topic", None, by_batch),
    }
    owner, name, before, after = plans[point]
    around(owner, name, before=before, after=after)


def switch_off(guard: str) -> None:
    """Take one guard away, for the negative controls."""
    if guard == "stable keys":
        from apps.payments.services import paying
        from apps.payments.types import GatewayRequest

        def with_random_key(payment: Any, *, kind: str) -> GatewayRequest:
            return GatewayRequest(
                key=f"{payment.id}:{kind}:{uuid4()}",
                amount=payment.amount,
                token=payment.token,
                payment_id=str(payment.id),
            )

        paying.request_of = with_random_key
    elif guard == "late acknowledgement":
        from apps.orders import services
        from ecommerce.celery import app

        app.tasks["orders.process_order"].acks_late = False
        # Long enough for the early acknowledgement to be on its way.
        around(services, "process_order", before=lambda **_: time.sleep(1), after=None)
    elif guard == "mark after publishing":
        from apps.events.services import relaying

        publish_then_mark = relaying._deliver_to_topic

        def mark_then_publish(deliveries: Any) -> int:
            relaying._mark_delivered(deliveries)
            return publish_then_mark(deliveries)

        relaying._deliver_to_topic = mark_then_publish
        relaying.gateways.publish_to_topic = _kill_before_publishing(
            relaying.gateways.publish_to_topic
        )


def _kill_before_publishing(publish: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrapped(messages: Any) -> Any:
        die_once(Path(sys.argv[2]), f"control-{messages[0].id}")
        return publish(messages)

    return wrapped


def work() -> None:
    """Run the worker as `make run` does."""
    from ecommerce.celery import app

    app.worker_main(
        [
            *("worker", "-P", "threads", "-c", "4", "-Q", "orders,tasks", "-l", "ERROR"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )


def main() -> None:
    point, folder = sys.argv[1], Path(sys.argv[2])
    import django

    django.setup()
    from apps.events import rules
    from ecommerce.celery import app

    app.loader.import_default_modules()
    rules.LEASE = timedelta(seconds=1)
    keep_the_banks_book(folder)
    arm(point, folder)
    for guard in sys.argv[3:]:
        switch_off(guard)
    child = 0

    def stop(*_: Any) -> None:
        os.kill(child, signal.SIGKILL)
        os._exit(0)

    while True:
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        signal.signal(signal.SIGTERM, stop)
        _, status = os.waitpid(child, 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"the worker ended with {status}")


if __name__ == "__main__":
    main()
