"""Who gets what from where, whom arriving goods serve first, and what a count or report may change."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.core.rules import searchable
from apps.inventory.types import (
    MOST_UNITS,
    GiveBack,
    LevelReport,
    LevelResult,
    Promise,
    Share,
    Shelf,
)

_MESSAGES = {
    "unknown_stock": "There is no such item.",
    "not_a_count": "A count is a whole number of units, 0 or more.",
    "not_a_line": "A line is a SKU, a semicolon and a number.",
    "not_a_row": "A row is an object with `sku`, `on_hand` (0 or more) and, if wanted, a short `key`.",
    "listed_twice": "This item stands further up already.",
    "below_promised": "More units are promised than that: ship or release them, or count the shelf.",
    "older_report": "A later report has been applied.",
}


def allocate(
    *, wanted: Mapping[str, int], shelves: Sequence[Shelf], country: str
) -> tuple[list[Share], list[str]]:
    """What each shelf gives to an order, and the SKUs that are short; if any is, nobody gives.

    The house that can supply most goes first, which is the only one if one can supply all; among
    equals one in the order's country, then the lowest priority number. What no house has is
    back-ordered within the SKU's allowance.
    """
    by_sku = {sku: [shelf for shelf in shelves if shelf.sku == sku] for sku in wanted}
    if short := [sku for sku in sorted(wanted) if _most(by_sku[sku]) < wanted[sku]]:
        return [], short
    missing = dict(wanted)
    houses = _by_preference(shelves, country=country)
    taken: dict[int, int] = {}
    used: list[int] = []
    while (house := _best_house(houses, shelves=shelves, missing=missing)) is not None:
        houses.remove(house)
        used.append(house)
        for shelf in shelves:
            if shelf.warehouse == house and (units := _supply(shelf, missing)):
                taken[shelf.level] = units
                missing[shelf.sku] -= units
    owed = _backorder(by_sku, missing=missing, taken=taken, preference=[*used, *houses])
    shares = [
        Share(
            level=shelf.level,
            sku=shelf.sku,
            taken=taken.get(shelf.level, 0),
            backordered=owed.get(shelf.level, 0),
        )
        for shelf in shelves
        if shelf.level in taken or shelf.level in owed
    ]
    return shares, []


def _most(shelves: Sequence[Shelf]) -> int:
    """Units of a SKU that could be promised at most."""
    return sum(shelf.free for shelf in shelves) + max(
        (shelf.allowance for shelf in shelves), default=0
    )


def _by_preference(shelves: Sequence[Shelf], *, country: str) -> list[int]:
    houses = {
        shelf.warehouse: (shelf.country != country, shelf.priority, shelf.warehouse)
        for shelf in shelves
    }
    return sorted(houses, key=lambda house: houses[house])


def _supply(shelf: Shelf, missing: Mapping[str, int]) -> int:
    return max(0, min(shelf.free, missing.get(shelf.sku, 0)))


def _best_house(
    houses: Sequence[int], *, shelves: Sequence[Shelf], missing: Mapping[str, int]
) -> int | None:
    """The house that supplies most of what is missing, the preferred one among equals."""
    supply = {
        house: sum(_supply(shelf, missing) for shelf in shelves if shelf.warehouse == house)
        for house in houses
    }
    return max(houses, key=lambda house: supply[house], default=None)


def _backorder(
    by_sku: Mapping[str, Sequence[Shelf]],
    *,
    missing: Mapping[str, int],
    taken: Mapping[int, int],
    preference: Sequence[int],
) -> dict[int, int]:
    """Which shelf owes the rest: one that gives of the SKU already, then a house of the order."""
    owed = {}
    for sku, units in missing.items():
        if units:
            shelf = min(
                by_sku[sku],
                key=lambda one: (one.level not in taken, preference.index(one.warehouse)),
            )
            owed[shelf.level] = units
    return owed


def end_all(promises: Sequence[Promise]) -> list[GiveBack]:
    """All that has not shipped of an order's promises ends."""
    return [
        GiveBack(promise=one, in_house=one.in_house, backordered=one.backordered)
        for one in promises
        if one.in_house or one.backordered
    ]


def end_parcel(
    promises: Sequence[Promise], *, quantities: Mapping[str, int], is_packed: bool
) -> list[GiveBack]:
    """What ends of one house's promises with a parcel of so many units per SKU.

    A packed parcel's units are in the house, unless a count has missed them since; those of a parcel
    that waits are still to come, unless some have arrived.
    """
    ended = []
    for one in promises:
        units = quantities.get(one.sku, 0)
        if is_packed:
            in_house = min(units, one.in_house)
            backordered = min(units - in_house, one.backordered)
        else:
            backordered = min(units, one.backordered)
            in_house = min(units - backordered, one.in_house)
        if in_house or backordered:
            ended.append(GiveBack(promise=one, in_house=in_house, backordered=backordered))
    return ended


def fill(promises: Sequence[Promise], *, free: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """How many back-ordered units each promise gets of those free by (SKU, house), oldest first."""
    left = dict(free)
    oldest_first = sorted(promises, key=lambda one: one.id)
    shares = {one.id: _take_from(left, one, at_most=one.backordered) for one in oldest_first}
    return {number: units for number, units in shares.items() if units}


def postpone(
    promises: Sequence[Promise], *, missing: Mapping[tuple[str, int], int]
) -> dict[int, int]:
    """How many units each promise has to wait for when they are missing, youngest first."""
    left = dict(missing)
    youngest_first = sorted(promises, key=lambda one: -one.id)
    shares = {one.id: _take_from(left, one, at_most=one.in_house) for one in youngest_first}
    return {number: units for number, units in shares.items() if units}


def _take_from(left: dict[tuple[str, int], int], promise: Promise, *, at_most: int) -> int:
    shelf = promise.sku, promise.warehouse
    units = min(at_most, left.get(shelf, 0))
    left[shelf] = left.get(shelf, 0) - units
    return units


def is_now_low(*, before: int, after: int, low_stock_at: int | None) -> bool:
    """Whether the free units have just fallen to the number at which that is announced."""
    return low_stock_at is not None and after <= low_stock_at < before


def refused(*, sku: str, code: str, on_hand: int | None = None) -> LevelResult:
    """A row that changes nothing, and why."""
    status = "stale" if code == "older_report" else "rejected"
    return LevelResult(sku=sku, status=status, on_hand=on_hand, code=code, detail=_MESSAGES[code])


def read_reports(rows: Sequence[object]) -> list[LevelReport | LevelResult]:
    """Each row of a partner's report as a value, or as the reason why it is not one.

    Only a row that can be read takes its SKU: what follows one that cannot is no repetition.
    """
    seen: set[str] = set()
    read: list[LevelReport | LevelResult] = []
    for row in rows:
        entry = _read_report(row)
        if isinstance(entry, LevelReport):
            if entry.sku in seen:
                entry = refused(sku=entry.sku, code="listed_twice")
            seen.add(entry.sku)
        read.append(entry)
    return read


def _read_report(row: object) -> LevelReport | LevelResult:
    fields = row if isinstance(row, dict) else {}
    sku, units, key = fields.get("sku"), fields.get("on_hand"), fields.get("key", "")
    if not (isinstance(sku, str) and isinstance(key, str) and len(key) <= 64):
        return refused(sku=searchable(str(sku or ""))[:64], code="not_a_row")
    count = _count_of(units)
    if count is None:
        return refused(sku=searchable(sku)[:64], code="not_a_row")
    return LevelReport(sku=searchable(sku), on_hand=count, key=searchable(key))


def _count_of(units: object) -> int | None:
    """A number of JSON as a count; it knows no integers, so that 12.0 is 12. None for what is no count."""
    if isinstance(units, bool) or not isinstance(units, int | float):
        return None
    if isinstance(units, float) and not units.is_integer():
        return None
    return int(units) if 0 <= units <= MOST_UNITS else None


def judge_report(
    report: LevelReport,
    *,
    on_hand: int,
    reserved: int,
    reported_at: datetime | None,
    sent_at: datetime,
    is_booked: bool,
) -> LevelResult:
    """Whether a report changes a level: not twice, not after a later one, not below what is promised."""
    if reported_at is not None and sent_at < reported_at:
        return refused(sku=report.sku, code="older_report", on_hand=on_hand)
    if is_booked or sent_at == reported_at or report.on_hand == on_hand:
        return LevelResult(sku=report.sku, status="unchanged", on_hand=on_hand)
    if report.on_hand < reserved:
        return refused(sku=report.sku, code="below_promised", on_hand=on_hand)
    return LevelResult(sku=report.sku, status="changed", on_hand=report.on_hand)


def read_counts(text: str) -> tuple[dict[str, int], list[LevelResult]]:
    """The counts in lines of `SKU;count`, and the lines that are none."""
    counts: dict[str, int] = {}
    wrong = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        sku, separator, number = (part.strip() for part in line.partition(";"))
        is_number = number.isascii() and number.isdigit() and len(number) <= 10
        if not (sku and separator):
            wrong.append(refused(sku=line[:64], code="not_a_line"))
        elif not is_number or int(number) > MOST_UNITS:
            wrong.append(refused(sku=sku[:64], code="not_a_count"))
        elif searchable(sku) in counts:
            wrong.append(refused(sku=sku[:64], code="listed_twice"))
        else:
            counts[searchable(sku)] = int(number)
    return counts, wrong
