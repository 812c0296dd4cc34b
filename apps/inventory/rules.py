"""Who gets what from where: allocation, giving back, and whom arriving goods serve first."""

from collections.abc import Mapping, Sequence

from apps.inventory.types import GiveBack, Promise, Share, Shelf


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
    best = max(houses, key=lambda house: supply[house], default=None)
    return best if best is not None and supply[best] else None


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


def give_back(
    promises: Sequence[Promise], *, quantities: Mapping[str, int] | None
) -> list[GiveBack]:
    """What ends of an order's promises: all that has not shipped, or that many units per SKU.

    Units still to come go first: nobody has to put them back on a shelf.
    """
    left = None if quantities is None else dict(quantities)
    owed = [_draw(left, sku=one.sku, at_most=one.backordered) for one in promises]
    held = [_draw(left, sku=one.sku, at_most=one.in_house) for one in promises]
    return [
        GiveBack(promise=promise, in_house=in_house, backordered=backordered)
        for promise, in_house, backordered in zip(promises, held, owed, strict=True)
        if in_house or backordered
    ]


def _draw(left: dict[str, int] | None, *, sku: str, at_most: int) -> int:
    """Units taken from what is left to give back of the SKU; from no limit, all of them."""
    if left is None:
        return at_most
    units = max(0, min(at_most, left.get(sku, 0)))
    left[sku] = left.get(sku, 0) - units
    return units


def fill(promises: Sequence[Promise], *, free: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """How many back-ordered units each promise gets of those free by (SKU, house), oldest first."""
    left = dict(free)
    filled = {}
    for promise in sorted(promises, key=lambda one: one.id):
        shelf = promise.sku, promise.warehouse
        if units := min(promise.backordered, left.get(shelf, 0)):
            left[shelf] -= units
            filled[promise.id] = units
    return filled


def is_now_low(*, before: int, after: int, low_stock_at: int | None) -> bool:
    """Whether the free units have just fallen to the number at which that is announced."""
    return low_stock_at is not None and after <= low_stock_at < before
