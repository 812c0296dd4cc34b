"""Migrating while shoppers use the tables: who comes to migrate gives way."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
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

    def test_waits_five_seconds_unless_it_is_told(self, altering: list[str]) -> None:
        call_command("migrate", verbosity=0)

        assert altering == ["5s"]

    def test_waits_for_ever_if_it_is_told(self, altering: list[str]) -> None:
        call_command("migrate", lock_timeout=0, verbosity=0)

        assert altering == ["0"]


@pytest.mark.django_db
class TestADatabaseOfAnOlderCommit:
    def test_that_ran_other_migrations_is_refused_and_left_as_it_is(
        self, altering: list[str]
    ) -> None:
        MigrationRecorder(connection).record_applied("catalog", "0002_tax_classes")

        with pytest.raises(CommandError, match=r"it has run catalog\.0002_tax_classes\."):
            call_command("migrate", verbosity=0)

        assert altering == []

    def test_that_lacks_what_its_migrations_make_is_refused(self, altering: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE payments_payment RENAME COLUMN share TO part")

        with pytest.raises(CommandError, match=r"it lacks payments_payment\.share"):
            call_command("migrate", verbosity=0)

        assert altering == []

    def test_is_told_what_can_be_done(self) -> None:
        MigrationRecorder(connection).record_applied("orders", "0009_gone")

        MigrationRecorder(connection).record_applied("orders", "0010_gone")

        with pytest.raises(
            CommandError,
            match=r"it has run orders\.0009_gone and 1 more\.(.|\n)*docs/moving-in\.md",
        ):
            call_command("migrate", verbosity=0)

    def test_of_an_app_that_is_not_the_shops_is_its_own_business(self) -> None:
        MigrationRecorder(connection).record_applied("somebody", "0001_initial")

        call_command("migrate", verbosity=0)
