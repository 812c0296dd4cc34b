"""What shipping announces. `version` grows with each change of a shipment; consumers ignore an older one."""

from datetime import datetime

import msgspec

from apps.core.types import Address
from apps.events.types import Event


class ShippedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU in a parcel."""

    sku: str
    title: str
    quantity: int


class _AboutShipment(Event, frozen=True, kw_only=True):
    """What every fact about a shipment tells."""

    subject = "order_id"

    shipment_id: str
    number: str
    version: int
    order_id: str
    warehouse: str
    lines: tuple[ShippedLine, ...]


class ShipmentRequested(_AboutShipment, frozen=True, kw_only=True):
    """Fulfilment shall pack and send these goods; after `due_at` they are no longer wanted."""

    type = "shipping.shipment.requested.v1"
    public = True
    personal = frozenset({"address"})

    order_number: str
    method: str
    due_at: datetime
    address: Address | None = None


class ShipmentWithdrawn(_AboutShipment, frozen=True, kw_only=True):
    """Fulfilment shall not send these goods any more."""

    type = "shipping.shipment.withdrawn.v1"
    public = True

    reason: str


class ShipmentShipped(_AboutShipment, frozen=True, kw_only=True):
    """The goods have left the house."""

    type = "shipping.shipment.shipped.v1"
    public = True

    carrier: str
    tracking_number: str
    tracking_url: str
    shipped_at: datetime


class ShipmentDelivered(_AboutShipment, frozen=True, kw_only=True):
    """The goods have arrived; `is_late` if they had been given up, and paid back, before."""

    type = "shipping.shipment.delivered.v1"
    public = True

    delivered_at: datetime
    is_late: bool


class ShipmentFailed(_AboutShipment, frozen=True, kw_only=True):
    """The goods will not arrive; `has_left` tells whether they are out of the house."""

    type = "shipping.shipment.failed.v1"
    public = True

    reason: str
    has_left: bool


class ShipmentOverdue(_AboutShipment, frozen=True, kw_only=True):
    """The goods did not arrive in time and were given up."""

    type = "shipping.shipment.overdue.v1"
    public = True

    reason: str
    has_left: bool
