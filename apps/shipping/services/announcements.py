"""What each change of a shipment says to the world. All run in the transaction of the change."""

from typing import Any

from apps.events.services import publish
from apps.orders.models import Order
from apps.shipping.events import (
    ShipmentDelivered,
    ShipmentFailed,
    ShipmentOverdue,
    ShipmentRequested,
    ShipmentShipped,
    ShipmentWithdrawn,
    ShippedLine,
)
from apps.shipping.models import Shipment
from apps.shipping.rules import ShipmentStatus


def announce_requested(shipment: Shipment, *, order: Order) -> None:
    """Ask fulfilment to pack and send the shipment, and say by when."""
    assert shipment.due_at
    publish(
        ShipmentRequested(
            **_about(shipment),
            order_number=order.number,
            method=order.shipping_method,
            due_at=shipment.due_at,
        )
    )


def announce_withdrawn(shipment: Shipment, *, reason: str) -> None:
    """Tell fulfilment not to send the shipment any more, and why."""
    publish(ShipmentWithdrawn(**_about(shipment), reason=reason))


def announce_shipped(shipment: Shipment) -> None:
    """Say that the shipment has left the house, with whom, and where it can be followed."""
    assert shipment.shipped_at
    publish(
        ShipmentShipped(
            **_about(shipment),
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            tracking_url=shipment.tracking_url,
            shipped_at=shipment.shipped_at,
        )
    )


def announce_delivered(shipment: Shipment, *, is_late: bool = False) -> None:
    """Say that the shipment has arrived, perhaps after it had been given up."""
    assert shipment.delivered_at
    publish(
        ShipmentDelivered(**_about(shipment), delivered_at=shipment.delivered_at, is_late=is_late)
    )


def announce_given_up(shipment: Shipment) -> None:
    """Say that the shipment will not arrive, or not in time, and whether it has left the house."""
    is_overdue = shipment.status == ShipmentStatus.OVERDUE
    fact = ShipmentOverdue if is_overdue else ShipmentFailed
    has_left = shipment.shipped_at is not None
    publish(fact(**_about(shipment), reason=shipment.reason, has_left=has_left))


def _about(shipment: Shipment) -> dict[str, Any]:
    lines = shipment.lines.select_related("order_line").order_by("order_line__position")
    return {
        "shipment_id": str(shipment.pk),
        "number": shipment.number,
        "version": shipment.version,
        "order_id": str(shipment.order_id),
        "warehouse": shipment.warehouse,
        "lines": tuple(
            ShippedLine(
                sku=line.order_line.sku, title=line.order_line.title, quantity=line.quantity
            )
            for line in lines
        ),
    }
