from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.audit import services
from apps.audit.selectors import count_expired, list_retention
from apps.core.types import Retention


class Command(BaseCommand):
    """Let go of what has been kept long enough, as the nightly task does."""

    help = "Deletes rows that have outlived their time, in small batches, and says how many went."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many would go")

    def handle(self, *_: Any, dry_run: bool, **__: Any) -> None:
        if not dry_run:
            services.prune(tell=self._tell)
            return
        now = timezone.now()
        for one in list_retention():
            self._tell(one, count_expired(one, at=now))

    def _tell(self, one: Retention, rows: int) -> None:
        if one.expired:
            when = "of who was erased" if one.days is None else f"after {one.days} days"
            self.stdout.write(f"{rows:>10,} {one.model:<30} {when}")
