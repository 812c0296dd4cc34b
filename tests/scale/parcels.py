"""The parcel of an order, from fulfilment's being asked for it until it has arrived."""

from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

import msgspec

from apps.notifications.models import Kind
from apps.shipping.events import (
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentShipped,
    ShipmentWithdrawn,
    ShippedLine,
)
from apps.shipping.rules import shipment_id_of
from tests.scale.desk import PAID, TOLD, Desk
from tests.scale.goods import METHOD
from tests.scale.sales import Sale

_DUE = timedelta(days=5)


class _Facts(TypedDict):
    shipment_id: str
    number: str
    version: int
    order_id: str
    warehouse: str
    lines: tuple[ShippedLine, ...]


def request(desk: Desk, sale: Sale) -> None:
    """Fulfilment was asked for a parcel of all goods; it has not answered yet."""
    # The day on which it is given up lies ahead, however old the order is.
    _write(desk, sale, "requested", version=1, at=_asked_at(sale), due_at=desk.until + _DUE)


def withdraw(desk: Desk, sale: Sale, *, at: datetime, reason: str) -> None:
    """The parcel was asked for, and then no longer wanted."""
    _write(desk, sale, "withdrawn", version=2, at=at, reason=reason)
    desk.news.announce(
        ShipmentWithdrawn(**_facts(desk, sale, version=2), reason=reason), at=at + PAID
    )


def deliver(desk: Desk, sale: Sale, *, shipped_at: datetime, delivered_at: datetime) -> None:
    """The parcel has left the house and has arrived."""
    parcel_id = _write(
        desk,
        sale,
        "delivered",
        version=4,
        at=delivered_at,
        shipped_at=shipped_at,
        delivered_at=delivered_at,
    )
    _leave(desk, sale, parcel_id, at=shipped_at)
    _arrive(desk, sale, parcel_id, at=delivered_at)


def _leave(desk: Desk, sale: Sale, parcel_id: str, *, at: datetime) -> None:
    _hear(desk, parcel_id, "shipped", at=at)
    for line in sale.lines:
        desk.tables.movements.add(line.item.sku, -line.quantity, "shipped", parcel_id, at)
        desk.stock[line.item.sku].received += line.quantity
    facts = _facts(desk, sale, version=2)
    shipped = ShipmentShipped(
        **facts, carrier="", tracking_number="", tracking_url="", shipped_at=at
    )
    desk.news.announce(shipped, at=at)
    desk.papers.mail(sale, Kind.SHIPMENT_SHIPPED, at=at + TOLD, about=parcel_id)


def _arrive(desk: Desk, sale: Sale, parcel_id: str, *, at: datetime) -> None:
    _hear(desk, parcel_id, "delivered", at=at)
    facts = _facts(desk, sale, version=4)
    desk.news.announce(ShipmentDelivered(**facts, delivered_at=at, is_late=False), at=at)
    desk.papers.mail(sale, Kind.SHIPMENT_DELIVERED, at=at + TOLD, about=parcel_id)


def _write(
    desk: Desk,
    sale: Sale,
    status: str,
    *,
    version: int,
    at: datetime,
    due_at: datetime | None = None,
    reason: str = "",
    shipped_at: datetime | None = None,
    delivered_at: datetime | None = None,
) -> str:
    asked_at = _asked_at(sale)
    due_at = due_at or asked_at + _DUE
    facts = _facts(desk, sale, version=1)
    parcel_id = facts["shipment_id"]
    desk.tables.shipments.add(
        *(parcel_id, sale.id, facts["number"], status, version, facts["warehouse"], reason),
        *(asked_at, due_at, shipped_at, delivered_at, asked_at, at),
    )
    for line in sale.lines:
        desk.tables.shipment_lines.add(parcel_id, line.id, line.quantity)
    requested = ShipmentRequested(
        **facts,
        order_number=sale.number,
        method=METHOD,
        address=sale.buyer.address,
        due_at=due_at,
    )
    desk.news.announce(requested, at=asked_at)
    return parcel_id


def _hear(desk: Desk, parcel_id: str, status: str, *, at: datetime) -> None:
    call_id = desk.ids.at(at)
    payload = {"id": call_id, "shipment": parcel_id, "status": status, "occurred_at": at}
    encoded = msgspec.json.encode(payload).decode()
    desk.tables.callbacks.add(call_id, parcel_id, status, at, at, encoded)


def _facts(desk: Desk, sale: Sale, *, version: int) -> _Facts:
    return {
        "shipment_id": str(shipment_id_of(order_id=UUID(sale.id), position=1)),
        "number": f"{sale.number}-1",
        "version": version,
        "order_id": sale.id,
        "warehouse": desk.place.house.code,
        "lines": tuple(
            ShippedLine(sku=line.item.sku, title=line.item.title, quantity=line.quantity)
            for line in sale.lines
        ),
    }


def _asked_at(sale: Sale) -> datetime:
    return sale.accepted_at + PAID + TOLD
