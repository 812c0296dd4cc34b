"""Ask for the renditions of pictures."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.catalog import services


class Command(BaseCommand):
    help = "Send a worker the pictures of the goods that have no renditions yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="every picture; what is there is not drawn again"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        count = services.ask_for_renditions(again=options["all"])
        self.stdout.write(f"{count} pictures asked for.")
