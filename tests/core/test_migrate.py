"""Migrating while shoppers use the tables: who comes to migrate gives way."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.signals import pre_migrate

TABLE = "pricing_market"


@pytest.fixture
def held() -> Iterator[None]:
    """Another connection that reads the table and does not let go."""
    other = psycopg2.connect(**connection.get_connection_params())
    with other.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS SHARE MODE")
        yield
    other.close()


@pytest.fixture
def altering() -> Iterator[list[str]]:
    """A migration's statement, run as part of `migrate`; holds the time-outs that it met."""
    met: list[str] = []

    def alter(**_: Any) -> None:
        if met:
            return
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            met.append(cursor.fetchone()[0])
            if met[0] != "0":
                cursor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN name SET NOT NULL")

    pre_migrate.connect(alter)
    yield met
    pre_migrate.disconnect(alter)


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
class TestMigrating:
    def test_gives_way_to_who_holds_the_table(self, held: None, altering: list[str]) -> None:
        with pytest.raises(OperationalError, match="lock timeout"):
            call_command("migrate", lock_timeout=1, verbosity=0)

        assert altering == ["1s"]
        assert lock_timeout() == "0"

    def test_goes_on_where_nobody_holds_it(self, altering: list[str]) -> None:
        call_command("migrate", lock_timeout=1, verbosity=0)

        assert altering == ["1s"]

    def test_waits_for_ever_unless_it_is_told(self, altering: list[str]) -> None:
        call_command("migrate", verbosity=0)

        assert altering == ["0"]
