"""The test databases: how each process comes by its own, and what happens to it between two tests."""

import hashlib
import os
import subprocess
import sys
from functools import cache
from weakref import WeakSet

import django
import psycopg2
from django.db import connection
from django.test import TransactionTestCase

from dev.stage import ROOT, locked
from tests.stage import STATE

# `migrate` fills these, and no test changes them.
_KEPT = {"django_migrations", "django_content_type", "auth_permission"}
_prepared_on: WeakSet[object] = WeakSet()


def migrated_template() -> str:
    """The name of a migrated, empty database of which every process's own is a copy.

    It is made once for the migrations as they are: they take seven seconds, a copy of it a tenth of one.
    """
    name = f"migrated_{_digest_of_migrations()}"
    with locked(path=STATE / "template.lock"):
        server = psycopg2.connect(os.environ["DATABASE_URL"])
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated_%'")
            present = {one for (one,) in cursor.fetchall()}
            if name not in present:
                for stale in present:
                    cursor.execute(f'DROP DATABASE "{stale}"')
                cursor.execute("CREATE DATABASE migrated_draft")
                _migrate("migrated_draft")
                cursor.execute(f'ALTER DATABASE migrated_draft RENAME TO "{name}"')
        server.close()
    return name


def _digest_of_migrations() -> str:
    digest = hashlib.sha256(django.__version__.encode())
    for path in sorted(ROOT.glob("apps/*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(name: str) -> None:
    url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "-v0"],
        cwd=ROOT, check=True, env={**os.environ, "DATABASE_URL": url, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip


def empty_quickly() -> None:
    """Let Django empty only tables that have rows after a test that commits, and keep the connection.

    Its own way, `flush`, empties every table and sends `post_migrate`: 0.4 s a test. A new connection has
    to learn of every table anew.
    """
    TransactionTestCase._fixture_teardown = lambda _test: _empty_tables()
    TransactionTestCase._should_reload_connections = lambda _test: False


def _empty_tables() -> None:
    with connection.cursor() as cursor:
        if connection.connection not in _prepared_on:
            # Planning it takes three times as long as answering it.
            cursor.execute(f"PREPARE filled_tables AS {_question()}")
            _prepared_on.add(connection.connection)
        cursor.execute("EXECUTE filled_tables")
        filled = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
        if filled:
            # For a few rows much quicker than TRUNCATE. Foreign keys are looked at when it commits.
            cursor.execute("; ".join(f"DELETE FROM {name}" for name in filled))


@cache
def _question() -> str:
    """SQL that tells which of the tables have a row."""
    names = set(connection.introspection.table_names()) - _KEPT
    return " UNION ALL ".join(
        f"(SELECT '{name}' FROM {connection.ops.quote_name(name)} LIMIT 1)"
        for name in sorted(names)
    )
