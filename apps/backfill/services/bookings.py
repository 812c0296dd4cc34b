"""Book what came back and what was adjusted, each row once, and each row alone."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, OperationalError, transaction

from apps.backfill.rules import CURRENCY, reference_of
from apps.backfill.types import Plan, PlannedCredit, PlannedReturn, Row
from apps.core.errors import DomainError, TemporarilyUnavailable, is_outage
from apps.inventory.models import MovementReason
from apps.inventory.services import move_stock
from apps.orders.selectors import line_ids
from apps.refunds.services import approve_credit, approve_return
from apps.refunds.types import CreditedLine, ReturnedLine

T = TypeVar("T")


def settle(plan: Plan, *, progress: Callable[[], None]) -> dict[str, str]:
    """Book returns, credits and stock adjustments; returns why some were not, by source.

    Each row is booked once however often this runs. An outage raises what the database raises.
    """
    positions = line_ids({planned.order_id for planned in plan.returns})
    failures: dict[str, str] = {}

    def book(row: Row, work: Callable[[T], object], planned: T) -> None:
        try:
            with transaction.atomic():
                work(planned)
        except (DomainError, DataError, IntegrityError, OperationalError) as error:
            if isinstance(error, TemporarilyUnavailable) or is_outage(error):
                raise
            failures[row.source] = str(error).strip()
        progress()

    for returned in plan.returns:
        if (returned.order_id, returned.position) in positions:
            book(returned.row, lambda one: _take_back(one, positions=positions), returned)
        else:
            failures[returned.row.source] = "what it gives back was not booked"
            progress()
    for credit in plan.credits:
        book(credit.row, _credit, credit)
    for row in plan.adjustments:
        book(row, _adjust, row)
    return failures


def _take_back(planned: PlannedReturn, *, positions: Mapping[tuple[UUID, int], int]) -> None:
    line = ReturnedLine(
        order_line_id=positions[planned.order_id, planned.position],
        quantity=planned.quantity,
        amount_minor=planned.amount_minor,
    )
    approve_return(
        order_id=planned.order_id,
        reference=reference_of(planned.row),
        lines=[line],
        reason=f"credit note {planned.row.invoice}",
        restock=True,
    )


def _credit(credit: PlannedCredit) -> None:
    line = CreditedLine(
        sku=credit.row.code, quantity=credit.quantity, amount_minor=credit.amount_minor
    )
    approve_credit(
        reference=reference_of(credit.row),
        party=credit.row.customer or "guest",
        currency=CURRENCY,
        lines=[line],
        reason=f"credit note {credit.row.invoice}",
    )


def _adjust(row: Row) -> None:
    reason = MovementReason.COUNTED if row.quantity > 0 else MovementReason.WRITTEN_OFF
    move_stock(sku=row.code, quantity=row.quantity, reason=reason, reference=reference_of(row))
