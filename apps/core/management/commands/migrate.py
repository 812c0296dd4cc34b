"""Django's own `migrate`, which gives way to those who use the tables meanwhile, and knows its own databases."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

LOCK_SECONDS = 5
_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = ANY (current_schemas(false))
"""
_REFUSAL = """This database was made by other migrations than these: {what}.

Migrations are only ever added to since 0.1.0; before, they were written anew. A database of an older commit cannot be brought
up. Begin with an empty one (on a laptop: `make clean`), and move orders in by the files of docs/moving-in.md. Nothing was changed."""


class Command(MigrateCommand):
    """A statement that waits longer than `--lock-timeout` for a lock fails, and with it its migration.

    All who come later queue behind a statement that waits for its lock, so waiting stops the shop.
    What was migrated before stays; the command can be run again.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout",
            type=int,
            default=LOCK_SECONDS,
            metavar="SECONDS",
            help=f"{LOCK_SECONDS} unless told otherwise; 0: wait for ever",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, unless the database is one that these migrations do not know. Raises CommandError."""
        connection = connections[options["database"]]
        check_database(connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_text(options)])
        try:
            super().handle(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def check_database(connection: BaseDatabaseWrapper) -> None:
    """Refuse a database whose record of migrations is not of these files, or whose tables belie it.

    Raises CommandError, which names what is wrong.
    """
    loader = MigrationLoader(connection)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    unknown = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in loader.disk_migrations
    )
    if unknown:
        rest = f" and {len(unknown) - 1} more" if unknown[1:] else ""
        raise CommandError(_REFUSAL.format(what=f"it has run {unknown[0]}{rest}"))
    if missing := next(_missing_columns(connection, loader=loader, labels=ours), ""):
        raise CommandError(_REFUSAL.format(what=f"it lacks {missing}"))


def _missing_columns(
    connection: BaseDatabaseWrapper, *, loader: MigrationLoader, labels: set[str]
) -> Iterator[str]:
    """The columns that the applied migrations have made, and that are not there."""
    applied = [
        key for key in loader.applied_migrations if key in loader.graph.nodes and key[0] in labels
    ]
    if not applied:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        there = set(cursor.fetchall())
    state = loader.project_state(nodes=applied).apps
    for model in state.get_models():
        if model._meta.app_label in labels and model._meta.managed:
            for field in model._meta.local_concrete_fields:
                if (model._meta.db_table, field.column) not in there:
                    yield f"{model._meta.db_table}.{field.column}"


def _text(options: dict[str, Any]) -> str:
    return f"{options['lock_timeout']}s"
