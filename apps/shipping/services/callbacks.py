"""Hear what fulfilment tells: signed, once per id, in whatever order it arrives."""

from datetime import datetime

import msgspec
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from apps.core.errors import NotFound, SignatureInvalid, broken_constraint
from apps.core.rules import is_signed
from apps.core.services import retry_deadlocks
from apps.orders.models import Order
from apps.orders.types import OrderStatus
from apps.shipping.errors import CallbackMalformed, ShipmentWithdrawn
from apps.shipping.models import FulfilmentCallback, Shipment
from apps.shipping.registry import shipping_carriers
from apps.shipping.rules import (
    CALLED_BACK,
    IN_THE_HOUSE,
    ShipmentStatus,
    Verdict,
    judge,
    split_units,
)
from apps.shipping.services.announcements import (
    announce_delivered,
    announce_shipped,
)
from apps.shipping.services.delivery_tracking import (
    TOLD,
    close_if_done,
    give_up,
    note_left,
    take_out_given_up,
    take_out_of_stock,
)
from apps.shipping.services.shipment_plans import add_shipment, request, withdraw
from apps.shipping.types import Callback, Parcel


def receive_callback(*, body: bytes, signature: str, now: datetime) -> Verdict:
    """Believe a signed callback and do what follows from it, once per id; a repeat gets the same answer.

    Raises SignatureInvalid, CallbackMalformed, NotFound, ShipmentWithdrawn (which is on record then).
    """
    secret = settings.DOWNSTREAM_SECRETS["fulfilment"]
    if not is_signed(body=body, signature=signature, secret=secret, now=int(now.timestamp())):
        raise SignatureInvalid
    callback = _read(body)
    try:
        verdict = _apply(callback)
    except IntegrityError as error:
        if broken_constraint(error) != "shipping_fulfilmentcallback_pkey":
            raise
        verdict = Verdict(FulfilmentCallback.objects.get(pk=callback.id).verdict)
    if verdict == Verdict.CONFLICT:
        raise ShipmentWithdrawn
    return verdict


def _read(body: bytes) -> Callback:
    try:
        callback = msgspec.json.decode(body, type=Callback)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise CallbackMalformed(str(error)) from error
    if callback.status not in CALLED_BACK:
        msg = f"status must be one of {', '.join(sorted(CALLED_BACK))}"
        raise CallbackMalformed(msg)
    if b"\\u0000" in body:
        msg = "a NUL character cannot be kept"
        raise CallbackMalformed(msg)
    if callback.occurred_at.tzinfo is None:
        msg = "occurred_at needs a time zone"
        raise CallbackMalformed(msg)
    if any(line.quantity < 1 for line in callback.lines):
        msg = "a line needs a quantity of at least 1"
        raise CallbackMalformed(msg)
    return callback


@retry_deadlocks
def _apply(callback: Callback) -> Verdict:
    order = Order.objects.select_for_update().filter(shipments=callback.shipment).first()
    if order is None:
        raise NotFound
    shipment = Shipment.objects.get(pk=callback.shipment)
    if order.status == OrderStatus.CANCELLED and shipment.status in IN_THE_HOUSE:
        # The news of the cancellation has not been heard here yet.
        withdraw([shipment], reason=order.reason)
    told = ShipmentStatus(callback.status)
    verdict = judge(current=ShipmentStatus(shipment.status), told=told)
    FulfilmentCallback.objects.create(
        id=callback.id,
        shipment=shipment,
        status=told,
        verdict=verdict,
        occurred_at=callback.occurred_at,
        payload=msgspec.to_builtins(callback),
    )
    match verdict:
        case Verdict.APPLIED:
            _move(shipment, order=order, told=told, callback=callback)
        case Verdict.LATE | Verdict.CONFLICT:
            _note_too_late(shipment, told=told, callback=callback)
    return verdict


def _move(shipment: Shipment, *, order: Order, told: ShipmentStatus, callback: Callback) -> None:
    _note_tracking(shipment, callback)
    if told == ShipmentStatus.FAILED:
        reason = callback.reason[:200] or "failed"
        give_up(shipment, order=order, status=told, reason=reason)
        return
    if told in {ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED} and not shipment.shipped_at:
        _split_off_rest(shipment, order=order, callback=callback)
        _leave(shipment, at=callback.occurred_at)
    shipment.status = told
    shipment.version += 1
    if told == ShipmentStatus.DELIVERED:
        shipment.delivered_at = callback.occurred_at
    shipment.save(update_fields=[*TOLD, "status", "delivered_at"])
    if told == ShipmentStatus.DELIVERED:
        announce_delivered(shipment)
        close_if_done(order)


def _leave(shipment: Shipment, *, at: datetime) -> None:
    """The goods are out of the house, whether we hear of it by itself or with the delivery."""
    shipment.status = ShipmentStatus.SHIPPED
    shipment.shipped_at = at
    shipment.version += 1
    shipment.save(update_fields=[*TOLD, "status", "shipped_at"])
    take_out_of_stock(shipment)
    note_left(shipment)
    announce_shipped(shipment)


def _split_off_rest(shipment: Shipment, *, order: Order, callback: Callback) -> None:
    """Give what did not leave with the parcel a shipment of its own. Raises CallbackMalformed."""
    if not callback.lines:
        return
    lines = list(shipment.lines.select_related("order_line").order_by("order_line__position"))
    packed = {line.order_line_id: line.quantity for line in lines}
    skus = {line.order_line_id: line.order_line.sku for line in lines}
    told: dict[str, int] = {}
    for one in callback.lines:
        told[one.sku] = told.get(one.sku, 0) + one.quantity
    going, staying = split_units(packed=packed, skus=skus, left=told)
    if sum(going.values()) != sum(told.values()):
        msg = "more left than the shipment holds"
        raise CallbackMalformed(msg)
    if not staying:
        return
    for line in lines:
        if line.order_line_id in going:
            line.quantity = going[line.order_line_id]
            line.save(update_fields=["quantity"])
        else:
            line.delete()
    parcel = Parcel(warehouse=shipment.warehouse, waits=False, units=staying)
    rest = add_shipment(order, position=order.shipments.count() + 1, parcel=parcel)
    request(rest, order=order)


def _note_too_late(shipment: Shipment, *, told: ShipmentStatus, callback: Callback) -> None:
    """Goods left or arrived that were given up: the books say so, the money stays where it is."""
    _note_tracking(shipment, callback)
    shipment.version += 1
    if shipment.shipped_at is None:
        shipment.shipped_at = callback.occurred_at
        shipment.save(update_fields=[*TOLD, "shipped_at"])
        take_out_given_up(shipment)
        announce_shipped(shipment)
    if told == ShipmentStatus.DELIVERED and shipment.delivered_at is None:
        shipment.delivered_at = callback.occurred_at
        shipment.save(update_fields=[*TOLD, "delivered_at"])
        announce_delivered(shipment, is_late=True)


def _note_tracking(shipment: Shipment, callback: Callback) -> None:
    """A carrier that the shop knows is called as the shop calls it, and has a page where none was told."""
    tracking = callback.tracking
    carrier = shipping_carriers.find(tracking.carrier)
    label = carrier.label if carrier else tracking.carrier
    shipment.carrier = label[:50] or shipment.carrier
    shipment.tracking_number = tracking.number[:100] or shipment.tracking_number
    url = tracking.url
    if carrier and tracking.number and not url:
        url = carrier.tracking_url(tracking.number)
    if url.startswith("https://"):
        shipment.tracking_url = url[:500]
    shipment.updated_at = timezone.now()
