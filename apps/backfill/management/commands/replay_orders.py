"""Move the sales of another order service in, through place, queue and worker, and account for it."""

import csv
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.backfill import rules, selectors, services
from apps.backfill.errors import WorkerSilent
from apps.backfill.types import Plan, Reconciliation
from apps.core.errors import DomainError
from apps.core.types import Money

_SILENCE_SECONDS = 60


class Command(BaseCommand):
    help = "Replay invoices (CSV file or folder) as orders, and account for every row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--shadow", action="store_true", help="report what would be booked; write nothing"
        )
        parser.add_argument("--rejects", type=Path, default=Path("var/replay-rejects.csv"))

    def handle(self, *_: Any, path: Path, shadow: bool, rejects: Path, **__: Any) -> None:
        try:
            rows, unreadable = services.read_sales(path)
            plan = rules.make_plan(rows=rows, unreadable=unreadable)
            if not shadow:
                self._replay(plan)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        outcome = selectors.foresee(plan) if shadow else selectors.reconcile(plan)
        self._write_rejects(plan, outcome, path=rejects)
        self._print(outcome)
        if not outcome.is_complete:
            raise CommandError("Not every row is accounted for; see above.")

    def _replay(self, plan: Plan) -> None:
        new = services.make_catalogue(plan)
        self.stderr.write(f"{new} SKUs are new, {len(plan.orders)} invoices become orders")
        sending = _Bar(self, "placed", total=len(plan.orders))
        services.replay(plan.orders, progress=sending.advance)
        sending.finish()
        self._await_worker(plan)
        count = len(plan.returns) + len(plan.credits) + len(plan.adjustments)
        settling = _Bar(self, "returns, credits and adjustments", total=count)
        services.settle(plan, progress=settling.advance)
        settling.finish()

    def _await_worker(self, plan: Plan) -> None:
        ids = [order.id for order in plan.orders]
        bar = _Bar(self, "orders processed", total=len(ids))
        changed_at = time.monotonic()
        while True:
            settled = selectors.count_settled(ids)
            if settled > bar.done:
                bar.show(settled)
                changed_at = time.monotonic()
            if settled == len(ids):
                bar.finish()
                return
            if time.monotonic() - changed_at > _SILENCE_SECONDS:
                raise WorkerSilent
            time.sleep(0.25)

    def _write_rejects(self, plan: Plan, outcome: Reconciliation, *, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["source", "reason", "row"])
            for row in plan.rejected:
                writer.writerow([row.source, row.reason, row.text])
            for source, reason in outcome.refused.items():
                writer.writerow([source, reason, ""])

    def _print(self, outcome: Reconciliation) -> None:
        self.stdout.write(f"{'class':<20}{'rows':>10}{'amount GBP':>18}")
        for tally in outcome.tallies:
            amount = Money(tally.amount_minor, rules.CURRENCY).amount
            self.stdout.write(f"{tally.name:<20}{tally.rows:>10,}{amount:>18,.2f}")
        self.stdout.write(f"{'rounding':<20}{'':>10}{outcome.rounding:>18,.4f}")
        self.stdout.write(f"{'the file':<20}{outcome.file_rows:>10,}{outcome.file_amount:>18,.4f}")
        self.stdout.write(
            f"{'unaccounted':<20}{outcome.unaccounted_rows:>10,}{outcome.unaccounted_amount:>18,.4f}"
        )
        for problem in outcome.problems[:20]:
            self.stdout.write(problem)


class _Bar:
    """A progress bar on the error stream, with its rate."""

    def __init__(self, command: BaseCommand, label: str, *, total: int) -> None:
        self.command, self.label, self.total, self.done = command, label, total, 0
        self.began = self.shown_at = time.monotonic()

    def advance(self) -> None:
        self.done += 1
        if time.monotonic() - self.shown_at > 0.2:
            self.show(self.done)

    def show(self, done: int) -> None:
        self.done, self.shown_at = done, time.monotonic()
        share = done / self.total if self.total else 1.0
        filled = "#" * round(30 * share)
        rate = done / max(self.shown_at - self.began, 1e-6)
        line = f"\r[{filled:<30}] {done:,}/{self.total:,} {self.label}, {rate:,.1f}/s   "
        self.command.stderr.write(line, ending="")

    def finish(self) -> None:
        self.show(self.done)
        self.command.stderr.write("")
