"""Send an order's goods: plan its shipments, hear what becomes of them, give up those that are late."""

from apps.shipping.services.callbacks import receive_callback
from apps.shipping.services.delivery_tracking import give_up_overdue
from apps.shipping.services.shipment_plans import (
    plan_shipments,
    request_filled_shipments,
    withdraw_shipments,
)

__all__ = [
    "give_up_overdue",
    "plan_shipments",
    "receive_callback",
    "request_filled_shipments",
    "withdraw_shipments",
]
