from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.rules import INVARIANTS
from apps.audit.selectors import list_violations


class Command(BaseCommand):
    """Hold the shop against what it promises; the exit status tells whether all of it holds."""

    help = "Checks every invariant of orders, money, stock, deliveries and events."

    def handle(self, *_: Any, **__: Any) -> None:
        violations = list_violations()
        broken = {one.code for one in violations}
        for invariant in INVARIANTS:
            mark = "BROKEN" if invariant.code in broken else "holds"
            self.stdout.write(f"{invariant.code:<5} {mark:<7} {invariant.promise}")
            for one in violations:
                if one.code == invariant.code:
                    self.stdout.write(f"      {one.subject}: {one.detail}")
        if violations:
            msg = f"{len(violations)} violations of {len(broken)} invariants."
            raise CommandError(msg)
        self.stdout.write(f"All {len(INVARIANTS)} invariants hold.")
