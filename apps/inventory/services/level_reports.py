"""What a partner's system says is in a house: applied once, and never over a later report."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.core.services import retry_deadlocks
from apps.inventory import rules
from apps.inventory.models import Movement, MovementReason, StockLevel, Warehouse
from apps.inventory.selectors import get_warehouse
from apps.inventory.services.levels import change_levels, open_levels
from apps.inventory.types import LevelReport, LevelResult

# A clock that is further ahead would silence every later report.
CLOCK_TOLERANCE = timedelta(minutes=5)


@retry_deadlocks
def apply_report(
    *, warehouse: str, source: str, sent_at: datetime, rows: Sequence[object]
) -> list[LevelResult]:
    """Set a house's units on hand to what a partner reports; one result per row, in their order.

    A repeat changes nothing, an older report is stale, a row that cannot be applied hinders no
    other. Raises UnknownWarehouse, InvalidInput if the report comes from the future.
    """
    if sent_at > timezone.now() + CLOCK_TOLERANCE:
        raise InvalidInput(errors={"sent_at": ["This lies in the future."]})
    house = get_warehouse(warehouse)
    entries = rules.read_reports(rows)
    reports = {entry.sku: entry for entry in entries if isinstance(entry, LevelReport)}
    levels = open_levels(skus=reports.keys(), warehouse=house)
    results = _judge(reports, levels=levels, house=house, sent_at=sent_at)
    _apply(reports, results=results, levels=levels, house=house, source=source)
    applied = [level.pk for level in levels if results[level.variant_id].code == ""]
    StockLevel.objects.filter(pk__in=applied).update(reported_at=sent_at)
    return [results[entry.sku] if isinstance(entry, LevelReport) else entry for entry in entries]


def _judge(
    reports: Mapping[str, LevelReport],
    *,
    levels: Sequence[StockLevel],
    house: Warehouse,
    sent_at: datetime,
) -> dict[str, LevelResult]:
    keys = [report.key for report in reports.values() if report.key]
    booked = set(
        Movement.objects.filter(
            reason=MovementReason.REPORTED, warehouse=house, reference__in=keys
        ).values_list("sku", "reference")
        if keys
        else ()
    )
    results = {sku: rules.refused(sku=sku, code="unknown_stock") for sku in reports}
    for level in levels:
        report = reports[level.variant_id]
        results[report.sku] = rules.judge_report(
            report,
            on_hand=level.on_hand,
            reserved=level.reserved,
            reported_at=level.reported_at,
            sent_at=sent_at,
            is_booked=(report.sku, report.key) in booked,
        )
    return results


def _apply(
    reports: Mapping[str, LevelReport],
    *,
    results: Mapping[str, LevelResult],
    levels: Sequence[StockLevel],
    house: Warehouse,
    source: str,
) -> None:
    change_levels(
        {
            level.variant_id: reports[level.variant_id].on_hand - level.on_hand
            for level in levels
            if results[level.variant_id].status == "changed"
        },
        levels=levels,
        warehouse=house,
        reason=MovementReason.REPORTED,
        references={sku: report.key for sku, report in reports.items()},
        note=source[:200],
    )
