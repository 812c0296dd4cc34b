"""Send an order's goods: plan its shipments, hear what becomes of them, give up those that are late."""

from apps.shipping.services.following import give_up_overdue
from apps.shipping.services.planning import (
    plan_shipments,
    request_filled_shipments,
    withdraw_shipments,
)
from apps.shipping.services.receiving import receive_callback

__all__ = [
    "give_up_overdue",
    "plan_shipments",
    "receive_callback",
    "request_filled_shipments",
    "withdraw_shipments",
]
