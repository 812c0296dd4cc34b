"""Shipments as fulfilment meets them, and its callbacks."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import timezone

from apps.core.models import new_id
from apps.core.rules import sign
from apps.shipping.models import Shipment
from apps.shipping.rules import Verdict
from apps.shipping.services import receive_callback
from tests.factories.orders import make_order
from tests.relays import relay


def make_shipments(*, lines: dict[str, int], **fields: Any) -> list[Shipment]:
    """The shipments of a paid order, as the relay has planned them."""
    order_id = make_order(lines=lines, **fields)
    relay()
    return list(Shipment.objects.filter(order=order_id).order_by("position"))


def make_callback(shipment_id: UUID, status: str, **fields: Any) -> bytes:
    """What fulfilment sends."""
    body = {
        "id": new_id(),
        "shipment": shipment_id,
        "status": status,
        "occurred_at": timezone.now(),
    }
    return msgspec.json.encode({**body, **fields})


def call_back(body: bytes, *, now: datetime | None = None) -> Verdict:
    """Deliver what fulfilment sends, signed now."""
    now = now or timezone.now()
    secret = settings.DOWNSTREAM_SECRETS["fulfilment"]
    signature = sign(body=body, secret=secret, now=int(now.timestamp()))
    return receive_callback(body=body, signature=signature, now=now)


def tell(shipment: Shipment, status: str, **fields: Any) -> Verdict:
    """Deliver one callback about a shipment."""
    return call_back(make_callback(shipment.pk, status, **fields))
