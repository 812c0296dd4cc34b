"""Turn accepted requests into orders, and orders into paid ones."""

from apps.orders.rules import fingerprint
from apps.orders.services.changing import (
    cancel_order,
    expire_unpaid_orders,
    mark_paid,
    reject_unpaid,
    return_money,
    settle_payment,
)
from apps.orders.services.intake import dead_letter, process_order, send_request

__all__ = [
    "cancel_order",
    "dead_letter",
    "expire_unpaid_orders",
    "fingerprint",
    "mark_paid",
    "process_order",
    "reject_unpaid",
    "return_money",
    "send_request",
    "settle_payment",
]
