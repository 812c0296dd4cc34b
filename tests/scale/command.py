"""Fill the running shop with made-up orders: `python -m tests.scale ORDERS PRODUCTS CUSTOMERS`."""

import argparse
import sys
from collections.abc import Sequence

from django.utils import timezone

from tests.scale.seeding import LEAST_DAYS, NotHere, Report, Size, seed


def main(arguments: Sequence[str]) -> int:
    """The command line; 1 where made-up orders are refused. Says how many rows each table got, how fast."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale",
        description="Adds orders, products and customers by the thousand, all of them valid; never in"
        " production.",
    )
    for name in ("orders", "products", "customers"):
        parser.add_argument(name, type=int)
    parser.add_argument("--days", type=int, default=90, help=f"since when; at least {LEAST_DAYS}")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other orders")
    asked = vars(parser.parse_args(arguments))
    number = asked.pop("seed")
    try:
        report = seed(size=Size(**asked), until=timezone.now(), seed=number, tell=_tell)
    except NotHere as refusal:
        _tell(str(refusal))
        return 1
    _show(report)
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _show(report: Report) -> None:
    for table in report.tables:
        if table.rows:
            pace = table.rows / max(table.seconds, 0.001)
            print(f"{table.name:<28}{table.rows:>12,} rows{pace:>12,.0f} rows/s")
    pace = report.rows / report.seconds
    print(
        f"{'all, with the making':<28}{report.rows:>12,} rows{pace:>12,.0f} rows/s"
        f" in {report.seconds:.0f} s"
    )
