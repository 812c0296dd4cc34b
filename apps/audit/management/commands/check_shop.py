from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit import services
from apps.audit.selectors import list_invariants
from apps.audit.types import Violation


class Command(BaseCommand):
    """Hold the shop against what it promises; the exit status tells whether all of it holds."""

    help = "Checks every invariant of orders, money, stock, deliveries and events, in pieces."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--changes", action="store_true", help="only what changed since the last check"
        )
        parser.add_argument(
            "--resume", action="store_true", help="go on where the last full check was broken off"
        )

    def handle(self, *_: Any, changes: bool, resume: bool, **__: Any) -> None:
        broken: Counter[str] = Counter()

        def tell(one: Violation) -> None:
            broken[one.code] += 1
            self.stderr.write(f"{one.code:<5} {one.subject}: {one.detail}")

        if changes:
            services.check_changes(tell=tell)
        else:
            services.check_all(tell=tell, progress=self._progress, anew=not resume)
        for invariant in list_invariants():
            mark = "BROKEN" if broken[invariant.code] else "holds"
            self.stdout.write(f"{invariant.code:<5} {mark:<7} {invariant.promise}")
        if broken:
            msg = f"{broken.total()} violations of {len(broken)} invariants."
            raise CommandError(msg)
        self.stdout.write(f"All {len(list_invariants())} invariants hold.")

    def _progress(self, scope: str, checked: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{checked:,} rows checked, now {scope}  ", ending="")
