"""What the shop's own work costs, beside the least Django or PostgreSQL can do for it.

`make bench` runs this on the demo catalogue in a database of its own and prints one table, which it
also keeps in `var/bench`. Nothing here fails for being slow: the figures are for people, and the
budgets of statements are tests elsewhere.
"""

import http.client
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings

from apps.core.gateways import aws_client
from dev import ports
from tests.faults.programs import call, program, web, worker
from tests.queues import Queues

ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}
REQUESTS = 300
ORDERS = 300
TICKS = os.sysconf("SC_CLK_TCK")

pytestmark = pytest.mark.bench


def ask_quote(shop: str, sku: str) -> tuple[str, str]:
    """A signed quote for a fresh guest cart, and the guest's secret."""
    cart = call("POST", f"{shop}/api/v1/carts/", {}).json()
    headers = {"Guest-Secret": cart["secret"]}
    lines = f"{shop}/api/v1/carts/{cart['id']}/lines/"
    assert call("POST", lines, {"sku": sku, "quantity": 1}, headers=headers).status == 201
    body = {
        "cart": cart["id"],
        "email": "ada@example.com",
        "shipping_method": "standard",
        "address": ADDRESS,
    }
    answer = call("POST", f"{shop}/api/v1/quotes/", body, headers=headers)
    assert answer.status == 201, answer.body
    return answer.json()["quote"], cart["secret"]


class Row:
    """One line of the table."""

    def __init__(self, name: str, shop: "Measured", floor: "Measured") -> None:
        self.text = (
            f"| {name} | {shop.p50:.1f} / {shop.p95:.1f} | {shop.cpu:.1f} "
            f"| {floor.p50:.1f} / {floor.p95:.1f} | {floor.cpu:.1f} |"
        )


class Measured:
    """Milliseconds of latency, and CPU milliseconds of the serving processes, per request."""

    def __init__(self, seconds: list[float], cpu_seconds: float) -> None:
        ordered = sorted(seconds)
        self.p50 = median(ordered) * 1000
        self.p95 = ordered[int(len(ordered) * 0.95)] * 1000
        self.cpu = cpu_seconds / len(ordered) * 1000


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and all its children."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry.parent.name) == pid or int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


class Server:
    """A web server under measurement, over one kept connection."""

    def __init__(self, address: str, pid: int) -> None:
        self.netloc, self.pid = urlsplit(address).netloc, pid

    def measure(
        self, requests: list[tuple[str, str, Any, dict[str, str]]], *, expect: int
    ) -> Measured:
        connection = http.client.HTTPConnection(self.netloc)
        for sent in requests[:20]:
            self._send(connection, *sent)
        seconds, before = [], cpu_of(self.pid)
        for sent in requests[20:]:
            began = time.perf_counter()
            status = self._send(connection, *sent)
            seconds.append(time.perf_counter() - began)
            assert status == expect, (sent, status)
        return Measured(seconds, cpu_of(self.pid) - before)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Any,
        headers: dict[str, str],
    ) -> int:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        response.read()
        return response.status


@contextmanager
def floor_server(environment: dict[str, str], *, log: Path) -> Iterator[Server]:
    port = ports.find_free()
    code = "from django.core.wsgi import get_wsgi_application as make; application = make()"
    module = log.parent / "floor_wsgi.py"
    module.write_text(code)
    command = (
        *(sys.executable, "-m", "gunicorn", "floor_wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--pythonpath", f"{log.parent},.", "--worker-class", "gthread", "--workers", "2"),
        *("--threads", "4", "--no-control-socket"),
    )
    settings = {**environment, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.floor"}
    with program(*command, environment=settings, log=log) as running:
        for _ in range(100):
            try:
                call("GET", f"http://127.0.0.1:{port}/listing/")
                break
            except OSError:
                time.sleep(0.1)
        yield Server(f"http://127.0.0.1:{port}", running.pid)


HEAD = [
    "| work | shop p50 / p95 ms | shop CPU ms | floor p50 / p95 ms | floor CPU ms |",
    "| --- | --- | --- | --- | --- |",
]


def report(name: str, lines: list[str]) -> None:
    """Print the table, and keep it in `var/bench`."""
    table = "\n".join(lines)
    folder = Path("var/bench")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(f"{table}\n")
    print(f"\n{table}")


def test_pages(environment: dict[str, str], tmp_path: Path) -> None:
    aws_client("sqs").create_queue(QueueName=f"{settings.STAGE}-bench-floor")
    with (
        web(environment, log=tmp_path / "web.log") as address,
        floor_server(environment, log=tmp_path / "floor.log") as floor,
    ):
        shop = Server(address, parent_of_web(address))
        rows = [row.text for row in measure_pages(shop, floor, address)]
    report("pages", HEAD + rows)
    assert len(rows) == 5


def test_processing(environment: dict[str, str], queues: Queues, tmp_path: Path) -> None:
    in_process = measure_processing(environment)
    through_the_queue = measure_worker(environment, queues, tmp_path)
    report("processing", [*HEAD, in_process, *through_the_queue])
    assert in_process.startswith("| order processing")


def parent_of_web(address: str) -> int:
    """The pid of the gunicorn that listens on the address."""
    port = address.rsplit(":", 1)[1]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_text().replace("\0", " ")
            parent = int((entry.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if f"127.0.0.1:{port} " in text and parent == os.getpid():
            return int(entry.parent.name)
    raise LookupError(address)


def measure_pages(shop: Server, floor: Server, address: str) -> Iterator[Row]:
    """Listing, product, add to cart, quote and place, each beside its floor."""
    slug, sku = "floor-soap", "AB-FLR-001-1L-PIN"

    def many(method: str, path: str, body: Any, headers: dict[str, str]) -> list[Any]:
        return [(method, path, body, headers)] * (REQUESTS + 20)

    yield Row(
        "listing, 24 products (HTML)",
        shop.measure(many("GET", "/gb/en/search/?q=", None, {}), expect=200),
        floor.measure(many("GET", "/listing/", None, {}), expect=200),
    )
    yield Row(
        "product (HTML)",
        shop.measure(many("GET", f"/gb/en/p/{slug}/", None, {}), expect=200),
        floor.measure(many("GET", f"/product/{slug}/", None, {}), expect=200),
    )
    cart = call("POST", f"{address}/api/v1/carts/", {}).json()
    secret = {"Guest-Secret": cart["secret"]}
    floor_cart = call("POST", f"{address}/api/v1/carts/", {}).json()["id"]
    yield Row(
        "add to cart (API)",
        shop.measure(
            many("POST", f"/api/v1/carts/{cart['id']}/lines/", {"sku": sku, "quantity": 1}, secret),
            expect=201,
        ),
        floor.measure(
            many("POST", "/add/", {"cart": floor_cart, "sku": sku, "quantity": 1}, {}), expect=201
        ),
    )
    body = {
        "cart": cart["id"],
        "email": "ada@example.com",
        "shipping_method": "standard",
        "address": ADDRESS,
    }
    call(
        "PUT", f"{address}/api/v1/carts/{cart['id']}/lines/{sku}/", {"quantity": 2}, headers=secret
    )
    yield Row(
        "quote (API)",
        shop.measure(many("POST", "/api/v1/quotes/", body, secret), expect=201),
        floor.measure(many("POST", "/quote/", {"cart": floor_cart}, {}), expect=201),
    )
    document, guest = ask_quote(address, sku)
    placing = {"quote": document, "payment_provider": "fake", "payment_token": "tok_success"}
    yield Row(
        "place (API)",
        shop.measure(many("POST", "/api/v1/orders/", placing, {"Guest-Secret": guest}), expect=202),
        floor.measure(many("POST", "/place/", placing, {}), expect=202),
    )


def measure_processing(environment: dict[str, str]) -> str:
    """Message to paid order in process, beside the bare SQL transaction of the same rows."""
    report = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.processing", str(ORDERS)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    # Figures on record are lines of the same output.
    return report.stdout.strip().splitlines()[-1]


def measure_worker(environment: dict[str, str], queues: Queues, folder: Path) -> list[str]:
    """Orders per second through SQS and one worker, with relaying, mails and all."""
    queues.purge()
    sent = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.processing", "--send", str(ORDERS)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    before = int(sent.stdout.strip().splitlines()[-1])
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    with worker(environment, log=folder / "worker.log"):
        began = time.monotonic()
        wait_for(lambda: count_paid(environment) >= before + ORDERS, seconds=120)
        paid = time.monotonic() - began
        wait_for(lambda: count_pending(environment) == 0, seconds=120)
        settled = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
    return [
        "",
        f"One worker of four threads: {ORDERS / paid:.0f} orders/s until paid, {ORDERS / settled:.0f}"
        f" orders/s with every event delivered and every mail written; {cpu / ORDERS * 1000:.1f} CPU"
        " ms of the worker per order, its start included.",
    ]


def wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def count_paid(environment: dict[str, str]) -> int:
    return ask(environment, "SELECT count(*) FROM orders_order WHERE status = 'paid'")


def count_pending(environment: dict[str, str]) -> int:
    return ask(
        environment,
        "SELECT (SELECT count(*) FROM events_delivery WHERE delivered_at IS NULL)"
        " + (SELECT count(*) FROM events_outboxmessage WHERE fanned_out_at IS NULL)",
    )


def ask(environment: dict[str, str], sql: str) -> int:
    connection = psycopg2.connect(environment["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            (count,) = cursor.fetchone() or (0,)
            return int(count)
    finally:
        connection.close()
