"""Many buyers at once: the last units (F1), baskets in any order (F2), one quote placed again and again (F4)."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from apps.audit.selectors import list_violations
from apps.inventory.models import StockLevel
from apps.orders.gateways import send_to_queue
from apps.orders.models import Order, OrderLine, PlacementConflict
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.faults.pooler import pooled
from tests.faults.programs import (
    database_url,
    place,
    signed_quote,
    stage_environment,
    wait_until,
    web,
    workers,
)
from tests.queues import Queues

BUYERS = int(os.environ.get("FAULT_BUYERS", "30"))
CONNECTIONS = int(os.environ.get("FAULT_CONNECTIONS", "20"))
UNITS = 10

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("emulator", "queues"),
]


@contextmanager
def shop(folder: Path, *without: str) -> Iterator[str]:
    """Web and two workers of eight threads over pgbouncer; yields the address."""
    with pooled(database_url(), folder=folder) as url:
        environment = stage_environment(DATABASE_URL=url, GUEST_ORDERS_PER_MINUTE="1000000")
        with (
            web(environment, log=folder / "web.log") as address,
            workers(environment, folder=folder, without=without),
        ):
            yield address


def place_at_once(address: str, quotes: list[str]) -> list[tuple[int, float]]:
    """Place all the quotes on many connections; returns status and seconds of each."""

    def buy(quote: str) -> tuple[int, float]:
        began = time.monotonic()
        try:
            status = place(address, quote).status
        except ConnectionError:
            # What every client does when the line drops; the quote makes it harmless.
            status = place(address, quote).status
        return status, time.monotonic() - began

    with ThreadPoolExecutor(CONNECTIONS) as buyers:
        return list(buyers.map(buy, quotes))


def outcomes() -> Counter[str]:
    return Counter(
        f"{status} {reason}".strip()
        for status, reason in Order.objects.values_list("status", "reason")
    )


class TestTheLastUnits:
    def test_are_sold_once_each(self, tmp_path: Path, reached: Callable[..., None]) -> None:
        sku = stock_variant(on_hand=UNITS).sku
        quotes = [signed_quote({sku: 1}) for _ in range(BUYERS)]

        with shop(tmp_path) as address:
            answers = place_at_once(address, quotes)
            assert Counter(status for status, _ in answers) == {202: BUYERS}
            assert wait_until(lambda: sum(outcomes().values()) == BUYERS, seconds=120)
            assert wait_until(lambda: not outcomes()["placed"], seconds=60)

        assert outcomes() == {"paid": UNITS, "rejected sold_out": BUYERS - UNITS}
        slowest = sorted(seconds for _, seconds in answers)[int(BUYERS * 0.99) - 1]
        reached(
            "F1",
            f"{BUYERS} buyers on {CONNECTIONS} connections through pgbouncer, last {UNITS} units",
            to_reach=f"{UNITS} paid, {BUYERS - UNITS} rejected as sold out, 0 5xx",
            number=f"{UNITS} paid, {BUYERS - UNITS} rejected, 0 5xx; placing p99"
            f" {slowest * 1000:.0f} ms",
        )

    @pytest.mark.control
    def test_are_oversold_without_the_guards(
        self, tmp_path: Path, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant(on_hand=UNITS).sku
        quotes = [signed_quote({sku: 1}) for _ in range(60)]
        with _constraint_away():
            with shop(tmp_path, "stock guards") as address:
                place_at_once(address, quotes)
                assert wait_until(lambda: sum(outcomes().values()) == 60, seconds=120)
                assert wait_until(lambda: not outcomes()["placed"], seconds=60)
            sold = outcomes()["paid"]
            assert sold > UNITS
            assert {one.code for one in list_violations()} >= {"I1"}
            StockLevel.objects.update(reserved=0)
        reached(
            "F1",
            "… control: no lock, no condition, no constraint",
            to_reach=f"more than {UNITS} paid",
            number=f"{sold} paid, and the checker says so",
        )


@contextmanager
def _constraint_away() -> Iterator[None]:
    name = "inventory_reserved_is_on_hand"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE inventory_stocklevel DROP CONSTRAINT {name}")
        try:
            yield
        finally:
            cursor.execute(
                f"ALTER TABLE inventory_stocklevel ADD CONSTRAINT {name}"
                " CHECK (reserved <= on_hand)"
            )


class TestBasketsInAnyOrder:
    SKUS = 40 if BUYERS >= 1000 else 8
    BASKETS = max(BUYERS // 2, 24)

    def buy(self, folder: Path, *without: str) -> tuple[int, dict[str, int]]:
        """Sell baskets of 1–5 of 40 scarce SKUs; returns the deadlocks and the stock there was."""
        chance = random.Random(8)
        stock = {
            stock_variant(on_hand=count).sku: count
            for count in [self.BASKETS // 20 + 1] * self.SKUS
        }
        before = deadlocks()
        for _ in range(self.BASKETS):
            basket = chance.sample(sorted(stock), chance.randint(1, 5))
            send_to_queue(make_request(lines=dict.fromkeys(basket, 1)))
        environment = stage_environment(DATABASE_URL=database_url())
        with workers(environment, folder=folder, without=without):
            assert wait_until(
                lambda: sum(outcomes().values()) == self.BASKETS and not outcomes()["placed"],
                seconds=120,
            )
            met = deadlocks() - before
        return met, stock

    def test_never_meet_in_a_deadlock(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        met, stock = self.buy(tmp_path)

        assert met == 0
        assert set(outcomes()) <= {"paid", "rejected sold_out"}
        assert not queues.take("orders-dlq")
        sold = Counter(OrderLine.objects.filter(order__status="paid").values_list("sku", flat=True))
        assert {sku: count for sku, count in sold.items() if count > stock[sku]} == {}
        reached(
            "F2",
            f"{self.BASKETS} baskets of 1–5 of {self.SKUS} SKUs in random order",
            to_reach="0 deadlocks shown, no SKU oversold",
            number=f"{met} deadlocks, {outcomes()['paid']} paid, none oversold",
        )

    @pytest.mark.control
    def test_deadlock_without_the_order_of_locks(
        self, tmp_path: Path, reached: Callable[..., None]
    ) -> None:
        met, _ = self.buy(tmp_path, "lock order")

        assert met > 0
        assert set(outcomes()) <= {"paid", "rejected sold_out"}
        reached(
            "F2",
            "… control: locks in random order",
            to_reach="deadlocks happen",
            number=f"{met} deadlocks, each begun again and none shown",
        )


def deadlocks() -> int:
    """How many PostgreSQL has broken in this database."""
    # The figures of other sessions reach the view about a second late.
    time.sleep(1.5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)


class TestOneQuote:
    TIMES = max(BUYERS // 10, 25)

    def test_becomes_one_order_however_often_it_is_placed(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant(on_hand=1_000).sku
        quote = signed_quote({sku: 1})

        with shop(tmp_path) as address:
            answers = place_at_once(address, [quote] * self.TIMES)
            other = place(address, quote, token="tok_decline")
            assert wait_until(PlacementConflict.objects.exists, seconds=60)
            assert wait_until(lambda: not queues.unfinished("orders"), seconds=60)

        assert Counter(status for status, _ in answers) == {202: self.TIMES}
        assert other.status == 202
        assert outcomes() == {"paid": 1}
        assert PlacementConflict.objects.count() == 1
        reached(
            "F4",
            f"one quote placed {self.TIMES} times at once, then with another token",
            to_reach="1 order, 1 recorded conflict",
            number="1 order paid once, 1 conflict on record",
        )

    @pytest.mark.control
    def test_becomes_many_without_its_id_as_the_key(
        self, tmp_path: Path, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant(on_hand=1_000).sku
        quote = signed_quote({sku: 1})

        with shop(tmp_path, "one order per quote") as address:
            place_at_once(address, [quote] * 10)
            # On a busy machine a message comes twice before its work is done, and is an order more.
            assert wait_until(lambda: outcomes()["paid"] >= 10, seconds=60)

        reached(
            "F4",
            "… control: an order id of its own for each message",
            to_reach="more than 1 order",
            number=f"{outcomes()['paid']} orders of 10 placements",
        )
