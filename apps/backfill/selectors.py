"""Questions that an import asks: what is there already, and does everything add up."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Sum

from apps.backfill.rules import pence, reference_of
from apps.backfill.types import Plan, PlannedOrder, Reconciliation, RowClass, Tally
from apps.deadletters.models import DeadLetter, LetterState
from apps.inventory.models import Movement
from apps.orders.models import Order
from apps.refunds.models import Refund

# A paid order is completed when the relay books its goods as long gone.
_BOOKED = ("paid", "completed")


def known_orders(order_ids: Collection[UUID]) -> set[UUID]:
    """Which of the orders have been written already."""
    found = Order.objects.filter(pk__in=order_ids)
    return set(found.values_list("pk", flat=True))


def booked_orders(order_ids: Collection[UUID]) -> set[UUID]:
    """Which of the orders are sales, rather than rejected ones."""
    booked = Order.objects.filter(pk__in=order_ids, status__in=_BOOKED)
    return set(booked.values_list("pk", flat=True))


def settled_orders(order_ids: Collection[UUID]) -> set[UUID]:
    """Which of the orders are paid or will never be."""
    done = Order.objects.filter(pk__in=order_ids, status__in=[*_BOOKED, "rejected", "cancelled"])
    return set(done.values_list("pk", flat=True))


def dead_orders(order_ids: Collection[UUID]) -> dict[UUID, str]:
    """Which of the orders lie in a dead letter that nobody has sent again, and why."""
    letters = DeadLetter.objects.filter(
        queue="orders-dlq", identity__in=[str(one) for one in order_ids]
    ).exclude(state=LetterState.REDRIVEN)
    return {
        UUID(letter.identity): f"dead letter {letter.pk}: {letter.reason or 'for no known reason'}"
        for letter in letters.only("pk", "identity", "reason").order_by("pk")
    }


def foresee(plan: Plan) -> Reconciliation:
    """What an import would book, from the plan alone."""
    return _tally(plan, booked={row.source for row in plan.rows}, refused={}, failures={})


def reconcile(plan: Plan, *, failures: Mapping[str, str]) -> Reconciliation:
    """The file beside the database: a row is booked only if what the plan made of it stands there.

    `failures` says by source why something was not.
    """
    booked: set[str] = set()
    refused: dict[str, str] = {}
    found = _orders_in_database([order.id for order in plan.orders])
    for order in plan.orders:
        status, reason, figures = found.get(order.id, ("missing", "", None))
        if status == "rejected":
            refused |= dict.fromkeys(order.sources, reason)
        elif status in _BOOKED and figures == _figures_of(order):
            booked |= set(order.sources)
    granted = dict(
        Refund.objects.filter(reference__startswith="imported:").values_list(
            "reference", "amount_minor"
        )
    )
    given_back = [
        *((planned.row, planned.amount_minor) for planned in plan.returns),
        *((planned.row, planned.amount_minor) for planned in plan.credits),
    ]
    for row, amount_minor in given_back:
        if granted.get(reference_of(row)) == amount_minor:
            booked.add(row.source)
    moved = dict(
        Movement.objects.filter(reference__startswith="imported:").values_list(
            "reference", "quantity"
        )
    )
    for row in plan.adjustments:
        if moved.get(reference_of(row)) == row.quantity:
            booked.add(row.source)
    return _tally(plan, booked=booked, refused=refused, failures=failures)


def _orders_in_database(
    order_ids: Collection[UUID],
) -> dict[UUID, tuple[str, str, tuple[int, int, int]]]:
    """Status, reason and (number of lines, sum of lines, total) of each order."""
    orders = Order.objects.filter(pk__in=order_ids).annotate(
        line_count=Count("lines"), lines_sum=Sum("lines__amount_minor", default=0)
    )
    return {
        pk: (status, reason, (count, lines, total))
        for pk, status, reason, count, lines, total in orders.values_list(
            "pk", "status", "reason", "line_count", "lines_sum", "total_minor"
        )
    }


def _figures_of(order: PlannedOrder) -> tuple[int, int, int]:
    lines = sum(line.amount_minor for line in order.lines)
    return len(order.lines), lines, order.total_minor


def _tally(
    plan: Plan, *, booked: set[str], refused: dict[str, str], failures: Mapping[str, str]
) -> Reconciliation:
    rows: dict[str, int] = dict.fromkeys(RowClass, 0)
    amounts: dict[str, int] = dict.fromkeys(RowClass, 0)
    exact, problems = Decimal(0), []
    for row in plan.rows:
        row_class = RowClass.REJECTED if row.source in refused else plan.classes[row.source]
        exact += row.exact_amount
        if row_class is not RowClass.REJECTED and row.source not in booked:
            why = failures.get(row.source, "what was made of it is not what stands in the books")
            problems.append(f"{row.source}: not booked as {row_class}: {why}")
            continue
        rows[row_class] += 1
        amounts[row_class] += pence(row.exact_amount)
    unreadable = len(plan.rejected) - sum(
        1 for row in plan.rows if plan.classes[row.source] is RowClass.REJECTED
    )
    rows[RowClass.REJECTED] += unreadable
    rounded = sum(pence(row.exact_amount) for row in plan.rows)
    return Reconciliation(
        tallies=tuple(
            Tally(name=name, rows=rows[name], amount_minor=amounts[name]) for name in RowClass
        ),
        file_rows=len(plan.rows) + unreadable,
        file_amount=exact,
        rounding=exact - Decimal(rounded) / 100,
        problems=tuple(problems),
        refused=refused,
    )
