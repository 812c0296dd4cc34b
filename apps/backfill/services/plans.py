"""Make a plan of which every order can be written; a row that stands in the way is a bad row."""

import msgspec

from apps.backfill.rules import make_plan
from apps.backfill.services.submission import draft_of
from apps.backfill.types import Plan, PlannedOrder, Sales
from apps.core.errors import DomainError, InvalidInput
from apps.orders.errors import MalformedRequest
from apps.orders.services import check_draft, check_draft_fits


def plan_sales(sales: Sales) -> Plan:
    """What is to become of every row. Each order of the plan is a draft that a worker would believe."""
    refused: dict[str, str] = {}
    while True:
        plan = make_plan(rows=sales.rows, unreadable=sales.unreadable, refused=refused)
        faults = [_find_faults(order) for order in plan.orders]
        if not any(faults):
            return plan
        for found in faults:
            refused |= found


def _find_faults(order: PlannedOrder) -> dict[str, str]:
    """Why an order cannot be, by source: of those lines that cannot be alone, or else of all."""
    fault = _fault_of(order)
    if not fault:
        return {}
    alone = {
        line.row.source: reason
        for line in order.lines
        if (reason := _fault_of(msgspec.structs.replace(order, lines=(line,), discount_minor=0)))
    }
    return alone or dict.fromkeys(order.sources, fault)


def _fault_of(order: PlannedOrder) -> str:
    try:
        draft = draft_of(order)
        check_draft(draft)
        check_draft_fits(draft)
    except InvalidInput as refusal:
        return "; ".join(f"{field}: {text}" for field, (text,) in refusal.details["errors"].items())
    except (ValueError, DomainError, MalformedRequest) as error:
        return str(error)
    return ""
