"""Decide what travels together, and ask fulfilment to send it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.inventory.selectors import allocations_of
from apps.inventory.services import ship_stock
from apps.orders.models import Order
from apps.orders.services import complete_order, note_shipped
from apps.orders.types import Channel, OrderStatus
from apps.shipping.models import Shipment, ShipmentLine
from apps.shipping.rules import (
    DELIVERY_TIME,
    IN_THE_HOUSE,
    ShipmentStatus,
    plan_parcels,
    shipment_id_of,
)
from apps.shipping.services.announcements import announce_requested, announce_withdrawn
from apps.shipping.types import LineToShip, Parcel, Portion


@transaction.atomic
def plan_shipments(*, order_id: UUID) -> None:
    """Give each parcel of a paid order a shipment, and ask for those that can be packed; once.

    Of an order that was imported the goods have left and arrived long ago.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.status != OrderStatus.PAID or order.shipments.exists():
        return
    parcels = _parcels_of(order)
    if not parcels:
        complete_order(order_id=order_id)
        return
    for position, parcel in enumerate(parcels, start=1):
        is_requested = order.channel != Channel.IMPORT and not parcel.waits
        shipment = add_shipment(order, position=position, parcel=parcel, is_requested=is_requested)
        if is_requested:
            announce_requested(shipment, order=order)
        elif order.channel == Channel.IMPORT:
            _hand_over(shipment, order=order, units=parcel.units)
    if order.channel == Channel.IMPORT:
        complete_order(order_id=order_id)


def _parcels_of(order: Order) -> list[Parcel]:
    lines = [
        LineToShip(line_id=line.pk, sku=line.sku, quantity=line.quantity - line.cancelled_quantity)
        for line in order.lines.filter(stocked=True).order_by("position")
    ]
    portions = [
        Portion(
            warehouse=one.warehouse,
            sku=one.sku,
            quantity=one.quantity,
            backordered=one.backordered,
        )
        for one in allocations_of(order.pk)
    ]
    return plan_parcels(lines=lines, portions=portions)


def add_shipment(
    order: Order, *, position: int, parcel: Parcel, is_requested: bool = False
) -> Shipment:
    """Write a shipment of the parcel's units: waiting, or requested, which the caller then announces."""
    shipment = Shipment(
        id=shipment_id_of(order_id=order.pk, position=position),
        order=order,
        position=position,
        number=f"{order.number}-{position}",
        status=ShipmentStatus.WAITING,
        warehouse=parcel.warehouse,
    )
    if is_requested:
        _start_time(shipment)
    shipment.save(force_insert=True)
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in parcel.units.items()
    )
    return shipment


def request(shipment: Shipment, *, order: Order) -> None:
    """Ask fulfilment for a shipment; from now on its time runs."""
    _start_time(shipment)
    shipment.save(update_fields=["status", "requested_at", "due_at", "updated_at"])
    announce_requested(shipment, order=order)


def _start_time(shipment: Shipment) -> None:
    shipment.status = ShipmentStatus.REQUESTED
    shipment.requested_at = timezone.now()
    shipment.due_at = shipment.requested_at + DELIVERY_TIME


def _hand_over(shipment: Shipment, *, order: Order, units: Mapping[int, int]) -> None:
    shipment.status = ShipmentStatus.DELIVERED
    shipment.requested_at = shipment.shipped_at = shipment.delivered_at = order.accepted_at
    shipment.save(
        update_fields=["status", "requested_at", "shipped_at", "delivered_at", "updated_at"]
    )
    ship_stock(
        reference=order.pk,
        warehouse=shipment.warehouse,
        quantities=quantities_by_sku(shipment),
        key=str(shipment.pk),
    )
    note_shipped(order_id=order.pk, quantities=units)


def quantities_by_sku(shipment: Shipment) -> dict[str, int]:
    """How many units of each SKU are in the shipment."""
    quantities: dict[str, int] = {}
    for line in shipment.lines.select_related("order_line"):
        quantities[line.order_line.sku] = quantities.get(line.order_line.sku, 0) + line.quantity
    return quantities


@transaction.atomic
def request_filled_shipments(*, order_id: UUID, warehouse: str) -> None:
    """Ask for the shipments whose back-ordered goods have arrived at the warehouse."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.status != OrderStatus.PAID:
        return
    waiting = order.shipments.filter(status=ShipmentStatus.WAITING, warehouse=warehouse)
    for shipment in waiting.order_by("position"):
        request(shipment, order=order)


@transaction.atomic
def withdraw_shipments(*, order_id: UUID, reason: str) -> None:
    """Tell fulfilment that what it has not sent yet is no longer wanted; a repeat changes nothing."""
    order = Order.objects.select_for_update().get(pk=order_id)
    withdraw(order.shipments.filter(status__in=IN_THE_HOUSE).order_by("position"), reason=reason)


def withdraw(shipments: Iterable[Shipment], *, reason: str) -> None:
    """Withdraw shipments of an order that the caller has locked."""
    for shipment in shipments:
        was_asked_for = shipment.status != ShipmentStatus.WAITING
        shipment.status = ShipmentStatus.WITHDRAWN
        shipment.version += 1
        shipment.reason = reason
        shipment.save(update_fields=["status", "version", "reason", "updated_at"])
        if was_asked_for:
            announce_withdrawn(shipment, reason=reason)
