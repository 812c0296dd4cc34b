"""Stock as plain values: what the rules decide on, and what other apps may see."""

from uuid import UUID

import msgspec

# PostgreSQL's integer.
MOST_UNITS = 2_147_483_647


class Recount(msgspec.Struct, frozen=True, kw_only=True):
    """How many figures differ, and behind which SKU to go on; empty when all were looked at."""

    differences: int
    stopped_at: str


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU in one active house, as the allocation rule sees it.

    `allowance` and `low_stock_at` are the SKU's, the same on each of its shelves: how many more
    units may be promised beyond what is in all the houses, and when to say that few are left.
    """

    level: int
    sku: str
    warehouse: int
    country: str
    priority: int
    free: int
    allowance: int = 0
    low_stock_at: int | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What an order gets from one shelf: units in the house, and units still to come."""

    level: int
    sku: str
    taken: int = 0
    backordered: int = 0


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """An open reservation as the rules see it; an older one has the lower id.

    `quantity` counts all its units, shipped ones too.
    """

    id: int
    reference: UUID
    sku: str
    warehouse: int
    quantity: int
    backordered: int
    shipped: int

    @property
    def in_house(self) -> int:
        """Units that wait in the house to leave."""
        return self.quantity - self.shipped - self.backordered


class GiveBack(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a promise ends: of its units in the house, and of those still to come."""

    promise: Promise
    in_house: int
    backordered: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the promise is left, shipped units included."""
        return self.in_house + self.backordered == self.promise.quantity


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """What one house owes an order of one SKU.

    `quantity` units still have to leave; `backordered` of them are not in the house yet. `shipped`
    units have left already and are not among them.
    """

    warehouse: str
    sku: str
    quantity: int
    backordered: int
    shipped: int

    @property
    def ready(self) -> int:
        """Units that can be packed now."""
        return self.quantity - self.backordered


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """What could be promised of a SKU now: units in the house, and units on back-order."""

    free: int = 0
    backorder_left: int = 0

    @property
    def total(self) -> int:
        """How many units a shopper could order now, those that ship later included."""
        return self.free + self.backorder_left


class LevelReport(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a partner's report that can be read; `key` is the partner's own name for it."""

    sku: str
    on_hand: int
    key: str = ""


class LevelResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one counted or reported SKU.

    `status` is changed, unchanged, rejected or stale; `code` and `detail` say why one was rejected.
    `waiting` promised units turned out to be missing, and are on back-order now.
    """

    sku: str
    status: str
    on_hand: int | None = None
    code: str = ""
    detail: str = ""
    waiting: int = 0
