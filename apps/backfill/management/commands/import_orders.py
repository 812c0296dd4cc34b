"""Move the sales of another order service in, through place, queue and worker, and account for it."""

import csv
import time
from argparse import ArgumentParser
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.backfill import rules, selectors, services
from apps.backfill.types import Plan, PlannedOrder, Reconciliation, Sales
from apps.core.errors import DomainError
from apps.core.types import Money
from apps.jobs.models import Job
from apps.jobs.selectors import list_open_jobs

_MOST_PROBLEMS = 20


class Command(BaseCommand):
    help = "Import invoices (a CSV file or a folder of them) as orders, and account for every row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--shadow", action="store_true", help="report what would be booked; write nothing"
        )
        parser.add_argument("--rejects", type=Path, default=Path("var/import-rejects.csv"))

    def handle(self, *_: Any, path: Path, shadow: bool, rejects: Path, **__: Any) -> None:
        failures: dict[str, str] = {}
        try:
            sales = services.read_sales(path)
            self._tell_shapes(sales)
            plan = services.plan_sales(sales)
            if not shadow:
                failures = self._import(plan)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        outcome = (
            selectors.foresee(plan) if shadow else selectors.reconcile(plan, failures=failures)
        )
        self._write_rejects(plan, outcome, path=rejects)
        self._print(outcome)
        if not outcome.is_complete:
            raise CommandError("Not every row is accounted for; see above.")

    def _tell_shapes(self, sales: Sales) -> None:
        """Say of each file that it is not what the old service wrote, and how it was read."""
        for name, shape in sales.shapes.items():
            if (shape.encoding_name, shape.delimiter) != ("UTF-8", ","):
                self.stderr.write(f"{name}: {shape.encoding_name}, parted by {shape.delimiter!r}")

    def _import(self, plan: Plan) -> dict[str, str]:
        """Do all that can be done; returns why something could not be, by source."""
        new = services.make_catalogue(plan)
        self.stderr.write(f"{new} SKUs are new, {len(plan.orders)} invoices become orders")
        for work in (services.PLACE, services.SETTLE):
            for job in list_open_jobs(work):
                self._follow(job, f"rows of an earlier run: {job}")
        failures = self._place(services.list_unsent(plan.orders))
        failures |= self._await_worker(
            [one for one in plan.orders if one.sources[0] not in failures]
        )
        refused = self._follow(services.start_settlement(plan), "returns, credits and adjustments")
        sources = {rules.reference_of(one.row): one.row.source for one in plan.bookings}
        return failures | {sources[key]: why for key, why in refused.items()}

    def _place(self, orders: Collection[PlannedOrder]) -> dict[str, str]:
        by_key = {str(order.id): order for order in orders}
        refused = self._follow(services.start_placement(orders), "placed")
        return {source: why for key, why in refused.items() for source in by_key[key].sources}

    def _follow(self, job: Job | None, label: str) -> dict[str, str]:
        """Show how far a job is until it is over; returns why rows of it failed, by key."""
        if job is None:
            return {}
        bar = _Bar(self, label, total=job.rows)
        failures = services.await_job(job, progress=bar.show)
        bar.finish()
        return failures

    def _await_worker(self, orders: list[PlannedOrder]) -> dict[str, str]:
        by_id = {order.id: order for order in orders}
        done = len(selectors.settled_orders(by_id))
        bar = _Bar(self, "orders processed", total=len(by_id), done=done)

        def send_again(missing: Collection[UUID]) -> None:
            self.stderr.write("\nThe queue is empty: what is missing is sent again.")
            self._place([by_id[order_id] for order_id in missing])

        lost = services.await_orders(by_id, send_again=send_again, progress=bar.show)
        bar.finish()
        return {source: why for one, why in lost.items() for source in by_id[one].sources}

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
        for problem in outcome.problems[:_MOST_PROBLEMS]:
            self.stdout.write(problem)
        if (more := len(outcome.problems) - _MOST_PROBLEMS) > 0:
            self.stdout.write(f"... and {more:,} more")


class _Bar:
    """A progress bar on the error stream; its rate leaves out what was `done` when it began."""

    def __init__(self, command: BaseCommand, label: str, *, total: int, done: int = 0) -> None:
        self.command, self.label, self.total = command, label, total
        self.done = self.found_done = done
        self.began = self.shown_at = time.monotonic()

    def show(self, done: int) -> None:
        self.done, self.shown_at = done, time.monotonic()
        share = done / self.total if self.total else 1.0
        filled = "#" * round(30 * share)
        rate = (done - self.found_done) / max(self.shown_at - self.began, 1e-6)
        line = f"\r[{filled:<30}] {done:,}/{self.total:,} {self.label}, {rate:,.1f}/s   "
        self.command.stderr.write(line, ending="")

    def finish(self) -> None:
        self.show(self.done)
        self.command.stderr.write("")
