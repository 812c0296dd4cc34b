"""Migrations only expand: the code of the release before runs on their tables, and nobody waits for them.

The SQL of each migration is judged by a linter for PostgreSQL; what is taken away must say since which
release no code names it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tests.architecture.source import ROOT

SQUAWK = Path(sys.executable).with_name("squawk")
# Of taste or of what Django writes always; time-outs are those of the command and of the database.
LEFT_OUT = (
    "ban-drop-constraint",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-text-field",
    "require-lock-timeout",
    "require-statement-timeout",
    "require-timeout-settings",
)
CONTRACTING = frozenset({"ban-drop-column", "ban-drop-table"})
_RELEASE = re.compile(r"^## (\d+\.\d+\.\d+)", re.MULTILINE)

# What is made concurrently is made outside of any transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def sql_of(migration: migrations.Migration, *, before: ProjectState) -> str:
    """What a migration does, as `sqlmigrate` shows it."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(before.clone(), editor, collect_sql=True)
    return "\n".join(editor.collected_sql)


def complaints_about(migration: migrations.Migration, *, before: ProjectState) -> list[str]:
    """The names of the rules that a migration breaks."""
    is_whole = ["--assume-in-transaction"] if migration.atomic else []
    judged = subprocess.run(
        [SQUAWK, "--pg-version", "15", "--reporter", "json", "-e", ",".join(LEFT_OUT), *is_whole],
        input=sql_of(migration, before=before),
        capture_output=True,
        text=True,
        check=False,
    )
    broken = {one["rule_name"] for one in json.loads(judged.stdout or "[]")}
    since = getattr(migration, "unused_since", "")
    return sorted(broken - CONTRACTING if since in releases() else broken)


def releases() -> list[str]:
    """The versions that were released, newest first."""
    return _RELEASE.findall((ROOT / "CHANGELOG.md").read_text())


class TestMigrations:
    def test_after_the_first_of_each_app_only_expand(self) -> None:
        loader = MigrationLoader(connection, replace_migrations=False)
        guilty = {}
        for (app, name), migration in sorted(loader.disk_migrations.items()):
            if migration.initial or not migration.__module__.startswith("apps."):
                continue
            before = loader.project_state((app, name), at_end=False)
            guilty[f"{app}.{name}"] = complaints_about(migration, before=before)

        assert {name: found for name, found in guilty.items() if found} == {}

    def test_of_an_app_begin_with_one(self) -> None:
        loader = MigrationLoader(connection, replace_migrations=False)
        initial = [
            app
            for (app, _), migration in loader.disk_migrations.items()
            if migration.initial and migration.__module__.startswith("apps.")
        ]

        assert len(initial) == len(set(initial)) >= 11


def change(*operations: Any, atomic: bool = True, **fields: Any) -> migrations.Migration:
    made = migrations.Migration("0002_change", "catalog")
    made.operations, made.atomic = list(operations), atomic
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def added(**options: Any) -> migrations.AddField:
    return migrations.AddField("brand", "rank", models.IntegerField(**options))


INDEX = models.Index(fields=["name"], name="catalog_brand_by_name")
CHECK = models.CheckConstraint(condition=~models.Q(name=""), name="catalog_brand_named")
SHORTER = models.CharField(max_length=90, unique=True)
DROP = migrations.RemoveField("brand", "slug")


class TestTheLint:
    @pytest.fixture
    def before(self) -> ProjectState:
        loader = MigrationLoader(connection, replace_migrations=False)
        return loader.project_state(loader.graph.leaf_nodes("catalog"))

    @pytest.mark.parametrize(
        ("migration", "rules"),
        [
            (change(added(null=True)), []),
            (change(added(default=0, db_default=0)), []),
            (change(added(default=0)), ["ban-drop-default"]),
            (change(DROP), ["ban-drop-column"]),
            (change(migrations.RenameField("brand", "slug", "code")), ["renaming-column"]),
            (change(migrations.AlterModelTable("brand", "maker")), ["renaming-table"]),
            (change(migrations.DeleteModel("Picture")), ["ban-drop-table"]),
            (change(migrations.AddIndex("brand", INDEX)), ["require-concurrent-index-creation"]),
            (change(AddIndexConcurrently("brand", INDEX), atomic=False), []),
            (change(migrations.AddConstraint("brand", CHECK)), ["constraint-missing-not-valid"]),
            (change(AddConstraintNotValid("brand", CHECK)), []),
            (
                change(migrations.AlterField("brand", "name", SHORTER)),
                ["changing-column-type"],
            ),
            (
                change(
                    migrations.CreateModel(
                        "Sticker", [("id", models.BigAutoField(primary_key=True))]
                    )
                ),
                [],
            ),
        ],
    )
    def test_knows_what_stops_or_breaks_a_shop(
        self, before: ProjectState, migration: migrations.Migration, rules: list[str]
    ) -> None:
        assert complaints_about(migration, before=before) == rules

    @pytest.mark.parametrize(("since", "rules"), [("0.3.0", ["ban-drop-column"]), ("0.2.0", [])])
    def test_lets_be_dropped_what_no_code_has_named_since_a_release(
        self, before: ProjectState, monkeypatch: pytest.MonkeyPatch, since: str, rules: list[str]
    ) -> None:
        monkeypatch.setattr(sys.modules[__name__], "releases", lambda: ["0.2.0", "0.1.0"])

        assert complaints_about(change(DROP, unused_since=since), before=before) == rules
