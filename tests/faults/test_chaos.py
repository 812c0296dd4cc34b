"""Everything at once (F15): shoppers buy over HTTP while each program in turn is killed and frozen, the
database crashes and hangs, its disk is full, the bank is slow. Nothing is lost, nothing happens twice.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg2
import pytest

from dev import processes
from dev.stage import read_process
from ecommerce.messaging import QUEUES
from tests.bank import Bank, bank_process, environment_of
from tests.faults import chaos
from tests.faults.programs import SECRET, call, prepare, signed_quote, stage_environment, wait_until
from tests.queues import Queues
from tests.stage import STATE

SECONDS = int(os.environ.get("CHAOS_SECONDS", "90"))
PER_SECOND = int(os.environ.get("CHAOS_ORDERS_PER_SECOND", "5"))
# How long a web server that was killed needs until it answers as before, on a busy machine.
RECOVERING = 10
# How long a shopper goes on pressing the button, and how long the shop may take to settle all.
SHOPPERS_PATIENCE, SETTLING = 60, 420
SEED = int(os.environ.get("CHAOS_SEED", "1"))

pytestmark = [pytest.mark.nightly, pytest.mark.usefixtures("emulator")]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order that was taken: by which try, when it was asked for, and how long the first try took."""

    order_id: str
    tries: int
    began: float
    seconds: float


def buy(address: str, *, sku: str, gateway: str) -> Placed | None:
    """Place one order as a shopper does, again and again with the same quote until it is taken."""
    body = {
        "quote": signed_quote({sku: 1}),
        "payment_token": "hosted" if gateway == "stripe" else "tok_success",
        "payment_provider": gateway,
    }
    began, first = time.monotonic(), 0.0
    tries = 0
    while time.monotonic() < began + SHOPPERS_PATIENCE:
        tries += 1
        with suppress(OSError):
            answer = call(
                "POST", f"{address}/api/v1/orders/", body, headers={"Guest-Secret": SECRET}
            )
            first = first or time.monotonic() - began
            if answer.status == 202:
                return Placed(order_id=answer.json()["id"], tries=tries, began=began, seconds=first)
            assert answer.status == 503, answer.body
        first = first or time.monotonic() - began
        time.sleep(0.5)
    return None


def buy_steadily(address: str, *, sku: str, until: float) -> list[Placed | None]:
    """So many orders a second, every fifth paid on the bank's page, however the shop fares."""
    began, results = time.monotonic(), []
    with ThreadPoolExecutor(100) as shoppers:
        number = 0
        while time.monotonic() < until:
            gateway = "stripe" if number % 5 == 0 else "fake"
            results.append(shoppers.submit(buy, address, sku=sku, gateway=gateway))
            number += 1
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
    return [one.result() for one in results]


@contextmanager
def paying(bank: Bank) -> Iterator[None]:
    """Whoever was sent to the bank's page pays there within some seconds."""
    is_over = threading.Event()

    def pay() -> None:
        while not is_over.wait(2):
            with suppress(OSError):
                bank.pay_all()

    payer = threading.Thread(target=pay)
    payer.start()
    try:
        yield
    finally:
        is_over.set()
        payer.join()


def statuses(url: str) -> dict[str, str]:
    """Every order's status by its id."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id::text, status FROM orders_order")
            return dict(cursor.fetchall())
    finally:
        connection.close()


def captures(url: str) -> Counter[str]:
    """How often the money of each order was taken, by the shop's ledger."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT payment.reference::text FROM payments_transaction JOIN payments_payment payment"
                " ON payment.id = payment_id WHERE kind = 'capture' AND outcome = 'succeeded'"
            )
            return Counter(reference for (reference,) in cursor.fetchall())
    finally:
        connection.close()


def signal_emulator(number: signal.Signals) -> None:
    if emulator := read_process(path=STATE / "aws" / "emulator.json"):
        processes.send(process=emulator, number=number)


@contextmanager
def shop(bank: Bank, *guards_off: str) -> Iterator[chaos.Shop]:
    """A shop with a database and a disk of its own, which answers."""
    folder = STATE / "chaos"
    shutil.rmtree(folder, ignore_errors=True)
    with chaos.small_disk(folder / "disk") as disk:
        place = disk or folder
        database = chaos.Database(data=(place / "postgres").absolute())
        environment = stage_environment(
            DATABASE_URL=database.url,
            GUEST_ORDERS_PER_MINUTE="1000000",
            **environment_of(bank.url),
        )
        try:
            sku = prepare(environment)
            logs = place / "logs"
            logs.mkdir()
            with chaos.running(environment, folder=logs, guards_off=guards_off) as (address, all_):
                assert wait_until(lambda: _answers(address), seconds=30)
                yield chaos.Shop(
                    address=address,
                    environment=environment,
                    sku=sku,
                    programs=all_,
                    database=database,
                    disk=disk,
                    bank=bank,
                    emulator=signal_emulator,
                )
        finally:
            database.stop()


def _answers(address: str) -> bool:
    with suppress(OSError):
        return call("GET", f"{address}/healthz").status == 200
    return False


@pytest.fixture
def bank() -> Iterator[Bank]:
    with bank_process() as running:
        yield running


def test_loses_nothing_and_does_nothing_twice(
    bank: Bank, queues: Queues, reached: Callable[..., None]
) -> None:
    with shop(bank) as running, paying(bank):
        results = buy_amid_chaos(running)
        taken = [one for one in results if one]
        accepted = {one.order_id for one in taken}
        began = time.monotonic()
        wait_until(lambda: are_paid(accepted, running.database.url), seconds=SETTLING)
        took = time.monotonic() - began

        found = statuses(running.database.url)
        assert accepted - found.keys() == set(), "accepted and lost"
        assert found.keys() - accepted == set(), "never accepted"
        assert set(found.values()) == {"paid"}, Counter(found.values())
        assert captures(running.database.url) == dict.fromkeys(accepted, 1)
        at_the_bank = Counter(one["payment_intent"] for one in bank.book["captures"])
        assert set(at_the_bank.values()) == {1}
        assert sum(queues.unfinished(f"{queue.name}-dlq") for queue in QUEUES) == 0
        check(running.environment)

    seen = Counter(episode.name for episode in running.episodes)
    print(f"episodes: {dict(seen)}; tries: {sorted(Counter(one.tries for one in taken).items())}")
    print("\n".join(waits_by_misfortune(taken, running.episodes)))
    unaffected = [one.seconds for one in taken if is_unaffected(one, running.episodes)]
    p95 = percentile(unaffected, share=0.95)
    reached(
        "F15",
        f"chaos for {SECONDS} s at {PER_SECOND} orders a second, {len(seen)} kinds of misfortune",
        to_reach="0 lost, 0 twice, books equal",
        number=f"{len(accepted)} of {len(results)} accepted, {seen.total()} misfortunes: 0 lost, 0 twice,"
        f" all paid {took:.0f} s after the end; p95 of {len(unaffected)} unaffected {p95 * 1000:.0f} ms",
    )


def buy_amid_chaos(running: chaos.Shop) -> list[Placed | None]:
    """What became of each order that was asked for while one misfortune followed the other."""
    until = time.monotonic() + SECONDS
    trouble = threading.Thread(
        target=chaos.befall,
        args=(running,),
        kwargs={"until": until, "chance": random.Random(SEED)},
    )
    trouble.start()
    results = buy_steadily(running.address, sku=running.sku, until=until)
    trouble.join()
    return results


def are_paid(orders: set[str], url: str) -> bool:
    with suppress(psycopg2.OperationalError):
        found = statuses(url)
        return {one for one, status in found.items() if status == "paid"} >= orders
    return False


def is_unaffected(placed: Placed, episodes: list[chaos.Episode]) -> bool:
    """Whether nothing that keeps orders from being taken happened then, or shortly before."""
    ended = placed.began + placed.seconds
    return not any(
        episode.began < ended and placed.began < episode.ended + RECOVERING
        for episode in episodes
        if not episode.takes_orders
    )


def waits_by_misfortune(taken: list[Placed], episodes: list[chaos.Episode]) -> list[str]:
    """How long shoppers waited for the first answer, by what had befallen the shop last."""
    waits = defaultdict(list)
    for one in taken:
        before = [episode for episode in episodes if episode.began < one.began + one.seconds]
        waits[before[-1].name if before else "nothing yet"].append(one.seconds)
    return [
        f"{name}: {len(of)} orders, p50 {percentile(of, share=0.5) * 1000:.0f} ms,"
        f" p95 {percentile(of, share=0.95) * 1000:.0f} ms, longest {max(of) * 1000:.0f} ms"
        for name, of in sorted(waits.items())
    ]


def percentile(values: list[float], *, share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def check(environment: dict[str, str]) -> None:
    """`check_shop` finds nothing, once what is due has been done."""

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "check_shop"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert wait_until(lambda: run().returncode == 0, seconds=180), run().stderr


@pytest.mark.control
def test_loses_orders_without_late_acknowledgement(
    bank: Bank, queues: Queues, reached: Callable[..., None]
) -> None:
    with shop(bank, "late acknowledgement") as running:
        until = time.monotonic() + 40

        def kill() -> None:
            while time.monotonic() < until:
                time.sleep(6)
                running.programs["worker"].signal(signal.SIGKILL)

        trouble = threading.Thread(target=kill)
        trouble.start()
        accepted = {
            one.order_id
            for one in buy_steadily(running.address, sku=running.sku, until=until)
            if one
        }
        trouble.join()
        wait_until(lambda: not queues.unfinished("orders"), seconds=60)
        time.sleep(5)
        lost = accepted - statuses(running.database.url).keys()

    assert lost
    reached(
        "F15",
        "… control: acknowledged before the work",
        to_reach="orders are lost",
        number=f"{len(lost)} of {len(accepted)} lost",
    )
