"""The whole check leaves nothing out, however a table is cut, and reads no more than it must."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.audit import selectors
from apps.audit.selectors import chunks_of, list_invariants, list_scopes
from apps.core.types import Invariant, Scope
from apps.events.selectors import first_id
from tests.scale import seeding

_NUMBERED = ("inventory_stocklevel", "inventory_reservation", "inventory_movement")


@pytest.fixture
def shop(db: None) -> None:
    """A shop with ids of two and of three digits, which are in another order as text."""
    size = seeding.Size(orders=100, products=30, customers=10, days=20)
    seeding.seed(size=size, until=timezone.now())
    with connection.cursor() as cursor:
        for table in _NUMBERED:
            cursor.execute(f"UPDATE {table} SET id = -id")
            cursor.execute(f"UPDATE {table} SET id = id - (SELECT min(id) FROM {table}) + 95")


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("scope", list_scopes(), ids=lambda scope: scope.name)
def test_every_row_is_in_exactly_one_piece(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [key for keys in chunks_of(scope) for key in keys]
    monkeypatch.setattr(selectors, "CHUNK", 7)
    pieces = [key for keys in chunks_of(scope) for key in keys]
    assert sorted(pieces) == sorted(whole)
    assert len(whole) > 7


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("scope", list_scopes(), ids=lambda scope: scope.name)
def test_a_piece_is_read_from_the_index_without_sorting_the_rest(scope: Scope) -> None:
    values = {"after": "", "limit": 7, "deliveries_since_id": str(first_id(at=timezone.now()))}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + selectors.piece_sql(scope), values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
    assert "Sort" not in plan


def read_whole(sql: str) -> set[str]:
    """The tables that the statement reads from end to end, be it by an index, though it need not join so."""
    now = timezone.now()
    values = {"since": now, "since_id": str(first_id(at=now)), "after": "", "limit": 7}
    with connection.cursor() as cursor:
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql, values)
        ((plan,),) = cursor.fetchall()
    return set(_whole_scans(plan[0]["Plan"]))


def _whole_scans(node: dict[str, Any]) -> Iterator[str]:
    parts = node.get("Plans", [])
    by_bitmap = node["Node Type"] == "Bitmap Heap Scan"
    by_index = "Index Cond" in node or (by_bitmap and all("Index Cond" in one for one in parts))
    if "Relation Name" in node and not by_index:
        yield node["Relation Name"]
    for below in () if by_bitmap else parts:
        yield from _whole_scans(below)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("scope", list_scopes(), ids=lambda scope: scope.name)
def test_what_changed_is_found_without_reading_whole_tables(scope: Scope) -> None:
    assert read_whole(selectors.changes_sql(scope)) == set()
    assert "::text" not in scope.changed


@pytest.mark.control
@pytest.mark.usefixtures("shop")
def test_a_table_that_is_read_whole_is_noticed() -> None:
    by_text = (
        "SELECT o.id FROM orders_order o JOIN events_outboxmessage news ON news.subject = o.id::text"
        " WHERE news.id > %(since_id)s"
    )
    either = "SELECT id FROM inventory_reservation WHERE created_at > %(since)s OR shipped > 0"
    assert "orders_order" in read_whole(by_text)
    assert "inventory_reservation" in read_whole(either)


@pytest.mark.parametrize("invariant", list_invariants(), ids=lambda invariant: invariant.code)
def test_no_id_is_found_by_its_text(invariant: Invariant) -> None:
    """No index holds `id::text`: each piece would read the whole table."""
    assert not re.search(r"\bid::text\s*(=|\|\|)|\|\|\s*\w+\.id::text\s*(\)|=)", invariant.sql)
