"""A real Celery worker that kills itself with SIGKILL once for each order, at the point planned for it.

Started as `python -m tests.faults.crashing_worker FOLDER [GUARD-OFF]`; FOLDER/plan.json maps an order's
id to its point. A parent process, which has everything imported, forks the worker anew each time it has
died. What the bank was asked is kept in FOLDER, so that the test can count charges without trusting the
shop's own ledger.
"""

import json
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
    from apps.payments.providers.fake import FakeProvider

    def note(_: Any, request: Any) -> None:
        with (folder / "captures").open("a") as book:
            book.write(f"{request.key}\n")

    around(FakeProvider, "capture", before=None, after=note)


def arm(folder: Path) -> None:
    """Plant the kills."""
    from apps.events import gateways as events
    from apps.orders import services as orders
    from apps.orders.services import intake
    from apps.payments.providers.fake import FakeProvider

    def planned(order: str) -> str | None:
        # Read anew each time: orders are added to the plan while the worker runs.
        point: str | None = json.loads((folder / "plan.json").read_text()).get(order)
        return point

    def plant(point: str, owner: Any, name: str, *, orders_of: Any, when: str) -> None:
        def die(*args: Any, **kwargs: Any) -> None:
            for order in orders_of(*args, **kwargs):
                if planned(order) == point:
                    die_once(folder, order)

        around(owner, name, **{"before": None, "after": None, when: die})

    plant("message received", orders, "process_order", orders_of=_of_message, when="before")
    plant("order written", intake, "_write_order", orders_of=_of_request, when="after")
    for step in ("authorise", "capture"):
        plant(f"before {step}", FakeProvider, step, orders_of=_of_payment, when="before")
        plant(f"after {step}", FakeProvider, step, orders_of=_of_payment, when="after")
    plant("before acknowledgement", orders, "process_order", orders_of=_of_message, when="after")
    plant("during relay", events, "publish_to_topic", orders_of=_of_batch, when="after")


def _of_message(*, request: Any) -> list[str]:
    return [str(request["draft"]["id"])]


def _of_request(request: Any) -> list[str]:
    return [str(request.draft.id)]


def _of_payment(_: Any, request: Any) -> list[str]:
    from apps.payments.models import Payment

    return [str(Payment.objects.values_list("reference", flat=True).get(pk=request.payment_id))]


def _of_batch(messages: Any) -> list[str]:
    return [message.subject for message in messages]


def main() -> None:
    folder = Path(sys.argv[1])
    import django

    django.setup()
    from apps.events import rules
    from ecommerce.celery import app

    app.loader.import_default_modules()
    rules.LEASE = timedelta(seconds=1)
    keep_the_banks_book(folder)
    arm(folder)
    for guard in sys.argv[2:]:
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
