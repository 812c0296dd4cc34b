from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from apps.core.types import Money


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A method that can carry a parcel, and what it costs (tax as the market says)."""

    code: str
    name: str
    promise: str
    price: Money


class LineToShip(msgspec.Struct, frozen=True, kw_only=True):
    """An order line and how many of its units have to travel."""

    line_id: int
    sku: str
    quantity: int


class Portion(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU that a warehouse promised to an order; `backordered` of them are not there yet."""

    warehouse: str
    sku: str
    quantity: int
    backordered: int


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What travels together: units by order line; one that `waits` lacks goods."""

    warehouse: str
    waits: bool
    units: Mapping[int, int]


class CalledLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU that left, as fulfilment tells it."""

    sku: str
    quantity: int


class Tracking(msgspec.Struct, frozen=True, kw_only=True):
    """How a parcel can be followed."""

    carrier: str = ""
    number: str = ""
    url: str = ""


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """What fulfilment tells about a shipment. Without `lines` it is about all of its units."""

    id: UUID
    shipment: UUID
    status: str
    occurred_at: datetime
    tracking: Tracking = Tracking()
    lines: tuple[CalledLine, ...] = ()
    reason: str = ""
