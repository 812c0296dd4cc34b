"""Fill a shop with orders of the last days: piece by piece, each in a transaction of its own."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.db import connection, transaction

from apps.downstream.models import Receipt
from apps.events.models import OutboxMessage
from apps.orders.models import OrderLine
from ecommerce.messaging import DOWNSTREAM
from tests.scale import goods, stories
from tests.scale.copying import Ids, Table, serial_ids
from tests.scale.desk import TOKEN, Desk, Units, fingerprint_of
from tests.scale.news import News
from tests.scale.papers import Papers
from tests.scale.sales import Till
from tests.scale.tables import Tables

ORDERS_A_PIECE = 5_000
LEAST_DAYS = 10
# What was accepted in the last hour may still be at work elsewhere.
_REST = timedelta(hours=1)
_SAFE_STAGES = ("local", "test")
_NEW_LEVELS = """
    UPDATE inventory_stocklevel level
    SET on_hand = level.on_hand + new.on_hand, reserved = level.reserved + new.reserved
    FROM unnest(%s::text[], %s::int[], %s::int[]) AS new (sku, on_hand, reserved)
    WHERE level.sku = new.sku AND level.warehouse_id = %s
"""
# Only a superuser may, as the user of a laptop's own database is; another's rows are looked up.
_LOOK_UP = """
    SELECT set_config('session_replication_role', %s, true)
    FROM pg_roles WHERE rolname = current_user AND rolsuper
"""

Tell = Callable[[str], None]


class NotHere(Exception):
    """Made-up orders have no place in this shop, or no room."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything, over how many of the last days."""

    orders: int
    products: int
    customers: int
    days: int = 90


@dataclass(frozen=True, kw_only=True)
class Report:
    """The tables with their rows and seconds, and the seconds of it all."""

    tables: Sequence[Table]
    seconds: float

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def seed(*, size: Size, until: datetime, seed: int = 1, tell: Tell = lambda _: None) -> Report:
    """Add customers, products and finished or recent orders that were accepted before `until`.

    The same seed and time in the same shop write the same orders. Each call has a run number of its
    own, in which SKUs, addresses and shelves differ from those of every other. Raises NotHere where it
    must not run, or where there is nothing to sell or nobody to buy.
    """
    began = time.monotonic()
    _check(size)
    with transaction.atomic():
        run = _take_run()
        random = Random(f"{seed}:{run}")
        since = until - timedelta(days=size.days)
        till, desk = _open(size, run=run, random=random, since=since, until=until)
        _copy(desk)
    done = 0
    for piece in _pieces(size, since=since, until=until - _REST):
        with transaction.atomic():
            _sell(piece, till=till, desk=desk)
            _restock(desk, run=run, at=piece[0][1], piece=done)
            _copy(desk)
        done += len(piece)
        tell(f"{done:,} of {size.orders:,} orders")
    _analyse(desk)
    return Report(tables=list(desk.tables), seconds=time.monotonic() - began)


def _analyse(desk: Desk) -> None:
    """Let PostgreSQL know the new rows at once: without it the next check reads two hundred orders for seconds."""
    with connection.cursor() as cursor:
        for table in desk.tables:
            cursor.execute(f'ANALYZE "{table.name}"')


def _check(size: Size) -> None:
    stage = settings.STAGE.partition("-")[0]
    if not settings.DEBUG and stage not in _SAFE_STAGES:
        raise NotHere(f"Stage {settings.STAGE} is not one for made-up orders.")
    if min(size.products, size.customers) < 1 or size.orders < 0:
        raise NotHere("At least one product and one customer are needed.")
    if size.days < LEAST_DAYS:
        raise NotHere(f"An order needs days until it is delivered: at least {LEAST_DAYS}.")


def _take_run() -> int:
    """The number after the last run's; two at a time wait for each other.

    Raises NotHere where rows of another origin have the names that this run would give.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seed_scale'))")
        cursor.execute(
            "SELECT coalesce(max(substring(slug FROM '^scale-(\\d{1,6})$')::int), 0) + 1"
            " FROM catalog_category"
        )
        run: int = cursor.fetchone()[0]
        cursor.execute(
            "SELECT slug FROM catalog_product WHERE slug LIKE %(slug)s"
            " UNION ALL SELECT sku FROM catalog_variant WHERE sku LIKE %(sku)s"
            " UNION ALL SELECT email FROM accounts_user WHERE lower(email) LIKE %(email)s LIMIT 1",
            {
                "slug": f"scale-{run}-%",
                "sku": f"{goods.PREFIX}-{run}-%",
                "email": f"customer-{run}-%@scale.example",
            },
        )
        if taken := cursor.fetchone():
            raise NotHere(f"{taken[0]} is there, but not its shelf scale-{run}: a name is taken.")
    return run


def _open(
    size: Size, *, run: int, random: Random, since: datetime, until: datetime
) -> tuple[Till, Desk]:
    place = goods.find_place()
    tables = Tables(
        warehouse_id=place.house.pk,
        currency=place.market.currency,
        order={
            "market": place.market.pk,
            "tax_included": place.market.tax_included,
            "shipping_method": goods.METHOD,
            "shipping_name": goods.METHOD_NAME,
            "shipping_tax_rate": place.tax_rate,
            "fingerprint": fingerprint_of(TOKEN),
        },
    )
    ids = Ids(random)
    news = News(tables=tables, ids=ids, systems=_systems())
    desk = Desk(
        tables=tables,
        ids=ids,
        news=news,
        papers=Papers(tables=tables, ids=ids, news=news, place=place),
        place=place,
        until=until,
        step=timedelta(days=size.days) / 80,
    )
    till = Till(
        place=place,
        items=goods.shelve(size.products, run=run, place=place, tables=tables, since=since),
        buyers=goods.register(
            size.customers, run=run, place=place, tables=tables, news=news, since=since
        ),
        random=random,
        line_ids=serial_ids(OrderLine),
    )
    return till, desk


def _systems() -> frozenset[str]:
    """Who has sent receipts: in an empty shop everybody, else whoever has.

    A first receipt of a system would make the checker ask for those of all that went before.
    """
    if not OutboxMessage.objects.exists():
        return frozenset(DOWNSTREAM)
    return frozenset(
        system for system in DOWNSTREAM if Receipt.objects.filter(system=system).exists()
    )


def _pieces(
    size: Size, *, since: datetime, until: datetime
) -> Iterator[list[tuple[stories.Story, datetime]]]:
    """Orders in the order of time, evenly spread; the last tenth are recent."""
    gap = (until - since) / max(size.orders, 1)
    for start in range(0, size.orders, ORDERS_A_PIECE):
        yield [
            (_story(number, of=size.orders), since + number * gap)
            for number in range(start, min(start + ORDERS_A_PIECE, size.orders))
        ]


def _story(number: int, *, of: int) -> stories.Story:
    those = stories.RECENT if number * 10 >= of * 9 else stories.PAST
    return those[number % len(those)]


def _sell(piece: Sequence[tuple[stories.Story, datetime]], *, till: Till, desk: Desk) -> None:
    for story, accepted_at in piece:
        story(desk, till.sell(at=accepted_at))


def _restock(desk: Desk, *, run: int, at: datetime, piece: int) -> None:
    """Book the goods that came in for these orders, and what that makes of the levels."""
    stock: Mapping[str, Units] = desk.stock
    for sku, units in stock.items():
        if units.received:
            reference = f"scale:{run}:{piece}"
            desk.tables.movements.add(sku, units.received, "received", reference, at)
    changed = {sku: one for sku, one in sorted(stock.items()) if one.on_hand or one.reserved}
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW_LEVELS,
            [
                list(changed),
                [one.on_hand for one in changed.values()],
                [one.reserved for one in changed.values()],
                desk.place.house.pk,
            ],
        )
    desk.stock.clear()


def _copy(desk: Desk) -> None:
    """Write all that is kept. Foreign keys, right by the making, are not looked up one by one: that
    would take half as long again. A test does it for all of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, ["replica"])
        for table in desk.tables:
            table.copy()
        cursor.execute(_LOOK_UP, ["origin"])
    desk.papers.close()
