"""What inventory announces."""

import msgspec

from apps.events.types import Event


class FilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU that can leave."""

    sku: str
    quantity: int


class StockLow(Event, frozen=True, kw_only=True):
    """The free units of a SKU in all active houses have fallen to the number set for it, or below."""

    type = "inventory.stock.low.v1"
    subject = "sku"
    public = True

    sku: str
    free: int
    threshold: int


class BackorderFilled(Event, frozen=True, kw_only=True):
    """A house has all the units it owes an order; `lines` is what can leave there now."""

    type = "inventory.backorder.filled.v1"
    subject = "reference"

    reference: str
    warehouse: str
    lines: tuple[FilledLine, ...]
