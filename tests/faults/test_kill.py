"""`kill -9` of the worker at every point of an order's way: nothing lost, nothing charged twice."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import current_app

from apps.orders.gateways import send_to_queue
from apps.orders.models import Order
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.faults.crashing_worker import POINTS
from tests.faults.programs import database_url, outlast_polls, stage_environment
from tests.queues import Queues

# How many orders cost a worker at each point.
ORDERS = int(os.environ.get("FAULT_ORDERS", "1"))
# Each kill costs a new worker, which takes seconds to start on a busy machine.
PATIENCE = 60 + 15 * ORDERS * len(POINTS)
# Seconds in which an order that was sent has come by its point, however often its worker died.
OVERTAKEN = 60
HEARD = {
    "fulfilment": ["orders.order.paid.v1"],
    "accounting": ["orders.order.paid.v1", "payments.payment.captured.v1"],
    "inventory": ["orders.order.placed.v1"],
    "crm": ["orders.order.paid.v1", "orders.order.placed.v1"],
}

_ID_OF_MAIL = re.compile(r"^X-Message-Id: (\S+)", re.MULTILINE)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


@contextmanager
def crashing_worker(folder: Path, *guards_off: str) -> Iterator[None]:
    """A worker that is killed as planned, and started again, until the block ends."""
    environment = stage_environment(
        DATABASE_URL=database_url(),
        DJANGO_SETTINGS_MODULE="tests.faults.mailing",
        MAIL_FOLDER=str(folder / "mail"),
    )
    command = [sys.executable, "-m", "tests.faults.crashing_worker", str(folder)]
    with (folder / "log").open("w") as log:
        worker = subprocess.Popen([*command, *guards_off], env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(10)
            outlast_polls()


class Plan:
    """Which order dies at which point; read by the worker whenever it comes to one."""

    def __init__(self, folder: Path) -> None:
        self.ids: list[str] = []
        self._points: dict[str, str] = {}
        self._file = folder / "plan.json"
        self._sent_at = time.monotonic()

    def send(self, sku: str, *, points: list[str]) -> None:
        """Place an order for each point."""
        requests = {point_at: make_request(lines={sku: 1}) for point_at in enumerate(points)}
        for (_, point), request in requests.items():
            self._points[request["draft"]["id"]] = point
        # In one step, so that no worker reads half of it.
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._points))
        new.replace(self._file)
        for request in requests.values():
            self.ids.append(request["draft"]["id"])
            send_to_queue(request)
        self._sent_at = time.monotonic()

    def is_older_than(self, seconds: float) -> bool:
        """Whether the last orders were sent so long ago."""
        return time.monotonic() - self._sent_at > seconds


class Outcome:
    """What came of the orders: counted in the database, in the bank's book and downstream."""

    def __init__(
        self, ids: list[str], folder: Path, heard: dict[str, dict[str, Counter[str]]]
    ) -> None:
        plan = json.loads((folder / "plan.json").read_text())
        killed = {path.name.removeprefix("killed-") for path in folder.glob("killed-*")}
        self.kills = Counter(plan.get(order, "control") for order in killed)
        # Another order's kill struck between the step and its point, which a repeat does not come by again.
        self.spared = [point for order, point in plan.items() if order not in killed]
        paid = {str(pk) for pk in Order.objects.filter(status="paid").values_list("pk", flat=True)}
        self.lost = [one for one in ids if one not in paid]
        book = folder / "captures"
        captures = set(book.read_text().splitlines()) if book.exists() else set()
        by_payment = Counter(key.split(":")[0] for key in captures)
        self.charged_twice = [payment for payment, count in by_payment.items() if count > 1]
        self.charges, self.orders = len(by_payment), len(ids)
        # A file that was cut off before its headers were written is no mail that left.
        mails = [_ID_OF_MAIL.search(path.read_text()) for path in (folder / "mail").glob("*")]
        letters = Counter(mail[1] for mail in mails if mail)
        self.mailed_twice = [mail for mail, count in letters.items() if count > 1]
        self.unheard = [
            (system, event, one)
            for system, events in HEARD.items()
            for event in events
            for one in ids
            if not heard[system].get(one, Counter())[event]
        ]


def run(
    points: tuple[str, ...],
    folder: Path,
    queues: Queues,
    *guards_off: str,
    breaker: float = PATIENCE,
) -> Outcome:
    """Send orders for each point to a worker that keeps dying, wait until all is quiet, and count."""
    variant = stock_variant(on_hand=10_000)
    plan = Plan(folder)
    plan.send(variant.sku, points=list(points) * ORDERS)
    ids = plan.ids
    heard: dict[str, dict[str, Counter[str]]] = {system: {} for system in HEARD}
    with crashing_worker(folder, *guards_off):
        deadline = time.monotonic() + breaker
        while time.monotonic() < deadline:
            time.sleep(0.5)
            # The schedules' sweep, which runs once a minute in a shop.
            current_app.send_task("events.relay")
            listen(queues, heard)
            outcome = Outcome(ids, folder, heard)
            is_quiet = not outcome.lost and not outcome.unheard
            if is_quiet and all(outcome.kills[point] >= ORDERS for point in points):
                break
            if is_quiet and not guards_off and plan.is_older_than(OVERTAKEN):
                plan.send(variant.sku, points=outcome.spared)
    return Outcome(ids, folder, heard)


def listen(queues: Queues, heard: dict[str, dict[str, Counter[str]]]) -> None:
    """Take what has arrived downstream."""
    for system, by_order in heard.items():
        for body in queues.take(f"downstream-{system}"):
            data = body["data"]
            subject = data.get("order_id") or data["reference"]
            by_order.setdefault(subject, Counter())[body["type"]] += 1


def test_nothing_is_lost_or_charged_twice(
    tmp_path: Path, queues: Queues, reached: Callable[..., None]
) -> None:
    outcome = run(POINTS, tmp_path, queues)

    assert min(outcome.kills[point] for point in POINTS) >= ORDERS, (tmp_path / "log").read_text()
    assert outcome.lost == [], (tmp_path / "log").read_text()
    assert outcome.charged_twice == []
    assert outcome.charges == outcome.orders >= ORDERS * len(POINTS)
    assert outcome.unheard == []
    assert outcome.mailed_twice == []
    for point in POINTS:
        reached(
            "F5",
            f"kill -9 of the worker, {ORDERS} orders: {point}",
            to_reach="0 lost, 0 charged twice, 0 mailed twice, every event heard",
            number=f"{outcome.kills[point]} kills: 0, 0, 0, all heard",
        )


@pytest.mark.control
class TestControls:
    """The same runs with one guard switched off must go wrong, or the tests above prove nothing."""

    def test_without_stable_keys_somebody_is_charged_twice(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        twice = run(("after capture",), tmp_path, queues, "stable keys").charged_twice

        assert twice
        reached(
            "F5",
            "… control: a random idempotency key for each call",
            to_reach="somebody is charged twice",
            number=f"{len(twice)} of {ORDERS} charged twice",
        )

    def test_without_late_acknowledgement_orders_are_lost(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        outcome = run(("message received",), tmp_path, queues, "late acknowledgement", breaker=12)

        assert outcome.lost
        reached(
            "F5",
            "… control: acknowledged before the work",
            to_reach="orders are lost",
            number=f"{len(outcome.lost)} of {ORDERS} lost",
        )

    def test_marked_before_publishing_events_are_lost(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        outcome = run(("during relay",), tmp_path, queues, "mark after publishing", breaker=12)

        assert outcome.unheard
        reached(
            "F5",
            "… control: marked as published before it is",
            to_reach="events are lost",
            number=f"{len(outcome.unheard)} events never heard",
        )
