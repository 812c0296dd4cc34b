"""Ask for refunds, decide about them, grant each once, and see that the money goes."""

from apps.refunds.rules import MOST_PICTURES
from apps.refunds.services.cancellations import refund_cancelled_order, refund_cancelled_units
from apps.refunds.services.grants import approve_credit, approve_return, grant_refund
from apps.refunds.services.payouts import (
    note_paid,
    note_returned,
    pay_back,
    retry_refund,
    send_to_queue,
    settle_otherwise,
)
from apps.refunds.services.refund_images import (
    add_pictures,
    check_pictures,
    check_room,
    read_picture,
)
from apps.refunds.services.requests import approve_request, refuse_request, request_refund

__all__ = [
    "MOST_PICTURES",
    "add_pictures",
    "approve_credit",
    "approve_request",
    "approve_return",
    "check_pictures",
    "check_room",
    "grant_refund",
    "note_paid",
    "note_returned",
    "pay_back",
    "read_picture",
    "refund_cancelled_order",
    "refund_cancelled_units",
    "refuse_request",
    "request_refund",
    "retry_refund",
    "send_to_queue",
    "settle_otherwise",
]
