"""A while without a database (F8): orders are taken all the same, and each becomes one order."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from dev import postgres
from tests.faults.programs import call, place, prepare, signed_quote, stage_environment, web, worker
from tests.queues import Queues

SECONDS = int(os.environ.get("OUTAGE_SECONDS", "6"))
PER_SECOND = int(os.environ.get("OUTAGE_PLACEMENTS_PER_SECOND", "10"))
PLACEMENTS = SECONDS * PER_SECOND


def place_timed(shop: str, quote: str, unanswered: list[str]) -> tuple[int, str, float]:
    """Place an order; returns the status, the order's id and the seconds it took.

    Whoever gets no answer at all is noted, and sends the same quote again, once: that it makes no
    second order is part of what is tested.
    """
    began = time.monotonic()
    try:
        answer = place(shop, quote)
    except ConnectionError as error:
        unanswered.append(repr(error))
        answer = place(shop, quote)
    return answer.status, answer.json().get("id", ""), time.monotonic() - began


def orders_in(url: str) -> Counter[tuple[str, str]]:
    """How many orders there are by id and status."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id::text, status FROM orders_order")
            return Counter(cursor.fetchall())
    finally:
        connection.close()


def place_all(
    shop: str, quotes: list[str], clients: ThreadPoolExecutor, *, unanswered: list[str]
) -> list[Any]:
    """Place the quotes evenly over the outage; returns (status, order id, seconds) of each."""
    began = time.monotonic()
    answers = []
    for number, quote in enumerate(quotes):
        due = began + number * (SECONDS - 1) / len(quotes)
        time.sleep(max(0.0, due - time.monotonic()))
        answers.append(clients.submit(place_timed, shop, quote, unanswered))
    results = [answer.result() for answer in answers]
    time.sleep(max(0.0, began + SECONDS - time.monotonic()))
    return results


def test_orders_are_taken_without_a_database(
    database: tuple[str, Path],
    emulator: str,
    queues: Queues,
    tmp_path: Path,
    reached: Callable[..., None],
) -> None:
    url, data = database
    environment = stage_environment(DATABASE_URL=url, GUEST_ORDERS_PER_MINUTE="100000")
    sku = prepare(environment)
    with (
        web(environment, log=tmp_path / "web.log") as shop,
        worker(environment, log=tmp_path / "worker.log"),
        ThreadPoolExecutor(8) as clients,
    ):
        quotes = [signed_quote({sku: 1}) for _ in range(PLACEMENTS)]
        postgres.stop(data=data, immediate=True)
        assert call("GET", f"{shop}/readyz").status == 503
        products = call("GET", f"{shop}/api/v1/products/")
        assert (products.status, products.json()["code"]) == (503, "temporarily_unavailable")

        unanswered: list[str] = []
        results = place_all(shop, quotes, clients, unanswered=unanswered)
        postgres.start(data=data, durable=True)
        returned = time.monotonic()

        accepted = {order_id for status, order_id, _ in results if status == 202}
        assert len(unanswered) <= max(1, PLACEMENTS // 100), unanswered
        assert len(accepted) >= 0.99 * PLACEMENTS, Counter(status for status, _, _ in results)
        wanted = Counter({(order_id, "paid"): 1 for order_id in accepted})
        while orders_in(url) != wanted and time.monotonic() < returned + 300:
            time.sleep(0.5)
        assert orders_in(url) == wanted
        took = time.monotonic() - returned
    check = [sys.executable, "manage.py", "check_shop"]
    checked = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    times = sorted(seconds for _, _, seconds in results)
    reached(
        "F8",
        f"{SECONDS} s without a database, {PER_SECOND} orders a second",
        to_reach="≥ 99 % accepted, each one order within 5 min of its return",
        number=f"{len(accepted)} of {PLACEMENTS} accepted (p99"
        f" {times[int(len(times) * 0.99) - 1] * 1000:.0f} ms, {len(unanswered)}"
        f" asked twice), all paid once after {took:.0f} s",
    )


@pytest.mark.control
def test_are_refused_if_placing_reads_the_database(
    database: tuple[str, Path],
    emulator: str,
    queues: Queues,
    tmp_path: Path,
    reached: Callable[..., None],
) -> None:
    """The control: the same outage, with one look-up on the way."""
    url, data = database
    environment = stage_environment(
        DATABASE_URL=url,
        GUEST_ORDERS_PER_MINUTE="100000",
        DJANGO_SETTINGS_MODULE="tests.faults.reading",
    )
    sku = prepare(environment)
    with (
        web(environment, log=tmp_path / "web.log") as shop,
        ThreadPoolExecutor(8) as clients,
    ):
        quotes = [signed_quote({sku: 1}) for _ in range(20)]
        postgres.stop(data=data, immediate=True)

        unanswered: list[str] = []
        results = place_all(shop, quotes, clients, unanswered=unanswered)

        assert Counter(status for status, _, _ in results) == {503: 20}
        assert unanswered == []
    reached(
        "F8",
        "… control: one database look-up on the way",
        to_reach="refused",
        number="20 of 20 answered 503",
    )
