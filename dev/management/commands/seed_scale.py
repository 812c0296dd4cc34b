from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dev.scale.seeding import LEAST_DAYS, NotHere, Report, Size, seed


class Command(BaseCommand):
    """Fill this shop with made-up orders that keep all of its promises. Only where no customer is."""

    help = "Adds orders, products and customers by the thousand, all of them valid; never in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("orders", type=int)
        parser.add_argument("products", type=int)
        parser.add_argument("customers", type=int)
        parser.add_argument(
            "--days", type=int, default=90, help=f"since when; at least {LEAST_DAYS}"
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed, other orders")

    def handle(self, *_: Any, seed: int, **sizes: Any) -> None:
        size = Size(**{name: sizes[name] for name in Size.__dataclass_fields__})
        try:
            report = self._seed(size, number=seed)
        except NotHere as refusal:
            raise CommandError(str(refusal)) from refusal
        self._print(report)

    def _seed(self, size: Size, *, number: int) -> Report:
        return seed(size=size, until=timezone.now(), seed=number, tell=self.stderr.write)

    def _print(self, report: Report) -> None:
        for table in report.tables:
            if table.rows:
                pace = table.rows / max(table.seconds, 0.001)
                self.stdout.write(f"{table.name:<28}{table.rows:>12,} rows{pace:>12,.0f} rows/s")
        pace = report.rows / report.seconds
        self.stdout.write(
            f"{'all, with the making':<28}{report.rows:>12,} rows{pace:>12,.0f} rows/s"
            f" in {report.seconds:.0f} s"
        )
