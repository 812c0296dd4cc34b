"""Put fonts where documents are drawn from."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.invoicing.services import keep_font


class Command(BaseCommand):
    help = "Put a folder's fonts into the media bucket, for names that the shop's own fonts lack."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *_: Any, folder: Path, **__: Any) -> None:
        for path in sorted(folder.glob("*.tt[fc]")):
            keep_font(name=path.name, content=path.read_bytes())
            self.stdout.write(path.name)
