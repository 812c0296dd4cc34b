"""What follows when goods leave, arrive, fail or are late. All but the sweep run under the order's lock."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.services import each_alone
from apps.inventory.services import release_parcel, ship_stock, ship_unpromised
from apps.orders.models import Order
from apps.orders.services import cancel_units, complete_order, note_shipped
from apps.orders.types import OrderStatus, StopReason
from apps.shipping.models import Shipment
from apps.shipping.rules import IN_THE_HOUSE, OPEN, ShipmentStatus
from apps.shipping.services.announcements import announce_given_up
from apps.shipping.services.shipment_plans import quantities_by_sku

# What every callback may bring, and what every change raises.
TOLD = ("carrier", "tracking_number", "tracking_url", "version", "updated_at")


def take_out_of_stock(shipment: Shipment) -> None:
    """The shipment's goods are out of the house: its promise is kept, and the shelf is emptier."""
    ship_stock(
        reference=shipment.order_id,
        warehouse=shipment.warehouse,
        quantities=quantities_by_sku(shipment),
        key=str(shipment.pk),
    )


def take_out_given_up(shipment: Shipment) -> None:
    """The goods left after all, though their promise was given back: the shelf is emptier."""
    ship_unpromised(
        warehouse=shipment.warehouse,
        quantities=quantities_by_sku(shipment),
        key=str(shipment.pk),
    )


def note_left(shipment: Shipment) -> None:
    """Remember on the order's lines what has left with the shipment."""
    units = dict(shipment.lines.values_list("order_line", "quantity"))
    note_shipped(order_id=shipment.order_id, quantities=units)


def give_up(shipment: Shipment, *, order: Order, status: ShipmentStatus, reason: str) -> None:
    """Strike a shipment's units from the order; what is still in the house is free again."""
    is_packed = shipment.status != ShipmentStatus.WAITING
    shipment.status = status
    shipment.reason = reason
    shipment.version += 1
    shipment.save(update_fields=[*TOLD, "status", "reason"])
    announce_given_up(shipment)
    if order.status != OrderStatus.PAID:
        return
    if shipment.shipped_at is None:
        release_parcel(
            reference=order.pk,
            warehouse=shipment.warehouse,
            quantities=quantities_by_sku(shipment),
            is_packed=is_packed,
        )
    else:
        # What was lost on the way was not shipped, as far as the shopper's bill goes.
        note_shipped(order_id=order.pk, quantities=_negative(shipment))
    units = dict(shipment.lines.values_list("order_line", "quantity"))
    cancel_units(order_id=order.pk, quantities=units, reason=StopReason.NOT_DELIVERED)
    close_if_done(order)


def _negative(shipment: Shipment) -> dict[int, int]:
    return {line: -count for line, count in shipment.lines.values_list("order_line", "quantity")}


def close_if_done(order: Order) -> None:
    """Complete the order once nothing of it is on its way any more."""
    statuses = set(order.shipments.values_list("status", flat=True))
    if ShipmentStatus.DELIVERED in statuses and not statuses & OPEN:
        complete_order(order_id=order.pk)


def give_up_overdue() -> int:
    """Give up the shipments whose time has run out, one transaction each; returns how many."""
    late = Shipment.objects.filter(status__in=OPEN, due_at__lt=timezone.now())
    ids = late.order_by("due_at").values_list("pk", flat=True)
    return each_alone("shipping.give_up_overdue", ids, _give_up_if_overdue)


@transaction.atomic
def _give_up_if_overdue(shipment_id: UUID) -> bool:
    order = Order.objects.select_for_update().get(shipments=shipment_id)
    shipment = Shipment.objects.get(pk=shipment_id)
    if shipment.status not in OPEN:
        return False
    reason = "not sent in time" if shipment.status in IN_THE_HOUSE else "not delivered in time"
    give_up(shipment, order=order, status=ShipmentStatus.OVERDUE, reason=reason)
    return True
