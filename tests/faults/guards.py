"""Workers with one guard taken away, for the negative controls: `python -m tests.faults.guards THREADS GUARD…`."""

import functools
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4


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


def work(*, threads: int) -> None:
    """Run the worker as `make run` does."""
    from ecommerce.celery import app
    from ecommerce.messaging import QUEUES

    queues = ",".join(queue.name for queue in QUEUES)
    app.worker_main(
        [
            *("worker", "-P", "threads", "-c", str(threads), "-Q", queues, "-l", "ERROR"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )


def switch_off(guard: str, *, folder: Path | None = None) -> None:
    """Take one guard away."""
    if guard == "mark after publishing":
        assert folder
        _mark_before_publishing(folder)
    else:
        _GUARDS[guard]()


def _stable_keys() -> None:
    import msgspec

    from apps.payments.services import payments

    request_of = payments.request_of

    def with_random_key(payment: Any, *, kind: str) -> Any:
        request = request_of(payment, kind=kind)
        return msgspec.structs.replace(request, key=f"{request.key}:{uuid4()}")

    payments.request_of = with_random_key


def _late_acknowledgement() -> None:
    from apps.orders import services
    from ecommerce.celery import app

    app.tasks["orders.process_order"].acks_late = False
    # Long enough for the early acknowledgement to be on its way.
    around(services, "process_order", before=lambda **_: time.sleep(1), after=None)


def _mark_before_publishing(folder: Path) -> None:
    from apps.events.services import relays

    publish_then_mark = relays._deliver_to_topic
    publish = relays.gateways.publish_to_topic

    def mark_then_publish(deliveries: Any) -> int:
        relays.mark_delivered(deliveries)
        return publish_then_mark(deliveries)

    def die_before_publishing(messages: Any) -> Any:
        die_once(folder, f"control-{messages[0].id}")
        return publish(messages)

    relays._deliver_to_topic = mark_then_publish
    relays.gateways.publish_to_topic = die_before_publishing


def _stock_guards() -> None:
    """No lock, and no condition when the units are taken; the test drops the constraint."""
    from apps.inventory.services import reservations

    reservations._LOOK = reservations._LOOK.replace("FOR UPDATE OF level", "")
    reservations._TAKE = reservations._TAKE.replace(
        "AND level.on_hand - level.reserved >= asked.taken", ""
    )
    look = reservations._look

    def look_and_dawdle(quantities: Any) -> Any:
        shelves = look(quantities)
        time.sleep(0.1)
        return shelves

    reservations._look = look_and_dawdle


def _lock_order() -> None:
    """Each SKU is locked by itself, in any order, with a moment in between."""
    from apps.inventory.services import reservations

    look = reservations._look

    def look_one_by_one(quantities: Any) -> Any:
        shelves = []
        for sku in random.sample(sorted(quantities), len(quantities)):
            shelves += look({sku: quantities[sku]})
            time.sleep(0.05)
        return shelves

    reservations._look = look_one_by_one


def _one_order_per_quote() -> None:
    """Each delivery of a message becomes an order of its own."""
    import msgspec

    from apps.core.models import new_id
    from apps.orders.services import intake

    parse = intake._parse

    def parse_anew(request: Any) -> Any:
        accepted = parse(request)
        draft = msgspec.structs.replace(accepted.draft, id=new_id(), cart_id=None)
        return msgspec.structs.replace(accepted, draft=draft)

    intake._parse = parse_anew


def _outbox() -> None:
    """Events go to SNS in the transaction of the change, as they would without an outbox."""
    from apps.events import gateways
    from apps.events.models import OutboxMessage
    from apps.events.services import publication

    create = OutboxMessage.objects.create

    def create_and_publish(**fields: Any) -> OutboxMessage:
        message = create(**fields)
        if message.is_public:
            gateways.publish_to_topic([message])
        return message

    publication.OutboxMessage.objects.create = create_and_publish


def _back_off() -> None:
    from ecommerce.celery import app

    for queue in app.conf.broker_transport_options["predefined_queues"].values():
        queue["backoff_tasks"] = []


def _set_aside() -> None:
    """Celery's own consumer, on kombu's own channel."""
    from ecommerce.celery import app

    app.conf.worker_consumer = "celery.worker.consumer:Consumer"


def _correctness() -> None:
    """A bug: orders of one e-mail address make the task raise."""
    from apps.orders import services

    def stumble(*, request: Any) -> None:
        if "bug@example.com" in str(request):
            raise ZeroDivisionError("a bug")

    around(services, "process_order", before=stumble, after=None)


_GUARDS: dict[str, Callable[[], None]] = {
    "stable keys": _stable_keys,
    "late acknowledgement": _late_acknowledgement,
    "stock guards": _stock_guards,
    "lock order": _lock_order,
    "one order per quote": _one_order_per_quote,
    "outbox": _outbox,
    "back-off": _back_off,
    "set aside": _set_aside,
    "correctness": _correctness,
}


def main() -> None:
    import django

    django.setup()
    from ecommerce.celery import app

    app.loader.import_default_modules()
    for guard in sys.argv[2:]:
        switch_off(guard)
    work(threads=int(sys.argv[1]))


if __name__ == "__main__":
    main()
