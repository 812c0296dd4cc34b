"""A real Celery worker that kills itself with SIGKILL at a named point, once per order or event.

Started as `python -m tests.faults.crashing_worker POINT FOLDER [GUARD-OFF]`. A parent process, which
has everything imported, forks the worker anew each time it has died. What the bank was asked is kept
in FOLDER, so that the test can count charges without trusting the shop's own ledger.
"""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.faults.guards import around, die_once, switch_off, work

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
        switch_off(guard, folder=folder)
    child = 0

    def stop(*_: Any) -> None:
        os.kill(child, signal.SIGKILL)
        os._exit(0)

    while True:
        child = os.fork()
        if not child:
            work(threads=4)
            os._exit(0)
        signal.signal(signal.SIGTERM, stop)
        _, status = os.waitpid(child, 0)
        # A supervisor starts it again whatever signal ended it; an error of ours would come again.
        if not os.WIFSIGNALED(status):
            sys.exit(f"the worker ended with {status}")


if __name__ == "__main__":
    main()
