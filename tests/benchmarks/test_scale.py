"""What a large shop costs: filling it, `check_shop`, the recount and `prune` on a database of its own.

`make nightly` runs it with SCALE_ORDERS=1000000; the table is kept in `var/bench/scale.md`. Nothing here
fails for being slow, but all must hold.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from dev import postgres
from tests.faults.programs import stage_environment
from tests.stage import STATE

ORDERS = int(os.environ.get("SCALE_ORDERS", "20000"))
# Longer than what is kept for a year or less.
DAYS = 400

pytestmark = pytest.mark.nightly


@pytest.fixture
def environment(emulator: str) -> Iterator[dict[str, str]]:
    """An empty, migrated database."""
    data = (STATE / "scale").absolute()
    url = postgres.start(data=data, durable=False)
    made = stage_environment(
        DATABASE_URL=url, DJANGO_SETTINGS_MODULE="ecommerce.settings.local", LOG_LEVEL="ERROR"
    )
    for command in (("migrate", "--noinput", "-v0"), ("flush", "--noinput", "-v0")):
        subprocess.run([sys.executable, "manage.py", *command], env=made, check=True)
    try:
        yield made
    finally:
        postgres.stop(data=data)


def timed(environment: dict[str, str], *command: str) -> tuple[float, str]:
    """The seconds of a program, and what it said; it must end well."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return time.monotonic() - began, done.stdout


def rows_of(url: str) -> int:
    """The rows of all tables together, as PostgreSQL's statistics have them."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute(
                "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                " 'public'::regnamespace AND reltuples > 0"
            )
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def test_a_large_shop_is_checked_and_pruned(environment: dict[str, str]) -> None:
    products, customers = max(100, ORDERS // 100), max(100, ORDERS // 10)
    size = (str(ORDERS), str(products), str(customers), "--days", str(DAYS))
    lines = [f"{ORDERS:,} orders, {products:,} products, {customers:,} customers, {DAYS} days"]

    recount = "from apps.inventory.services import recount; recount()"
    for name, command in (
        ("filling", ("-m", "tests.scale", *size)),
        ("check_shop --changes", ("manage.py", "check_shop", "--changes")),
        ("check_shop", ("manage.py", "check_shop")),
        ("recount", ("manage.py", "shell", "-c", recount)),
        ("prune", ("manage.py", "prune")),
        ("prune, again", ("manage.py", "prune")),
        ("check_shop, after the prune", ("manage.py", "check_shop")),
    ):
        seconds, _ = timed(environment, *command)
        rows = rows_of(environment["DATABASE_URL"])
        lines.append(f"| {name} | {seconds:.0f} s | {rows:,} rows then |")
        print(lines[-1], flush=True)

    folder = Path("var/bench")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scale.md").write_text("\n".join(lines) + "\n")
