"""Book what came back and what was adjusted, each row once and each row alone, as a job."""

from functools import singledispatch

import msgspec
from django.db import DatabaseError
from django.utils.translation import gettext

from apps.backfill.errors import NotBooked
from apps.backfill.rules import CURRENCY, reference_of
from apps.backfill.selectors import booked_orders
from apps.backfill.types import Booking, Plan, PlannedAdjustment, PlannedCredit, PlannedReturn
from apps.core.errors import is_outage
from apps.inventory.models import MovementReason
from apps.inventory.services import move_stock
from apps.jobs.models import Job
from apps.jobs.services import start_job
from apps.orders.selectors import line_ids
from apps.refunds.services import approve_credit, approve_return
from apps.refunds.types import CreditedLine, ReturnedLine

SETTLE = "backfill.settle"


def start_settlement(plan: Plan) -> Job | None:
    """Have a worker book returns, then credits, then stock adjustments; None if there are none.

    A row's key is the reference under which it is booked: it is booked once, however often this runs.
    """
    contents = {
        reference_of(booking.row): {"planned": msgspec.to_builtins(booking)}
        for booking in plan.bookings
    }
    if not contents:
        return None
    title = gettext("Book imported returns, credits and stock adjustments")
    return start_job(work=SETTLE, title=title, keys=contents, contents=contents)


def settle(booking: Booking) -> None:
    """Book one row, once. Raises NotBooked or what the services refuse it with.

    An outage raises what the database raises.
    """
    try:
        _book(booking)
    except DatabaseError as error:
        if is_outage(error):
            raise
        raise NotBooked(str(error).strip()) from error


@singledispatch
def _book(booking: Booking) -> None:
    raise TypeError(type(booking))


@_book.register
def _take_back(planned: PlannedReturn) -> None:
    positions = line_ids(booked_orders([planned.order_id]))
    if (planned.order_id, planned.position) not in positions:
        raise NotBooked("what it gives back was not booked")
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


@_book.register
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


@_book.register
def _adjust(adjustment: PlannedAdjustment) -> None:
    row = adjustment.row
    reason = MovementReason.COUNTED if row.quantity > 0 else MovementReason.WRITTEN_OFF
    move_stock(sku=row.code, quantity=row.quantity, reason=reason, reference=reference_of(row))
