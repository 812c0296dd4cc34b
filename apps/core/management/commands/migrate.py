"""Django's own `migrate`, which can be told to give way to those who use the tables meanwhile."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections


class Command(MigrateCommand):
    """`--lock-timeout 5`: a statement that waits longer for a lock fails, and with it its migration.

    All who come later queue behind a statement that waits for its lock, so waiting stops the shop.
    What was migrated before stays; the command can be run again.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout", type=int, default=0, metavar="SECONDS", help="0: wait for ever"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_text(options)])
        try:
            super().handle(*args, **options)
        finally:
            with connections[options["database"]].cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def _text(options: dict[str, Any]) -> str:
    return f"{options['lock_timeout']}s"
