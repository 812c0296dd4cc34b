"""Turn accepted requests into orders, and orders into paid and delivered ones."""

from apps.orders.rules import check_draft, fingerprint, upgrade
from apps.orders.services.erasure import erase_guest
from apps.orders.services.guest_limits import check_units, check_units_from, is_guests
from apps.orders.services.intake import (
    check_draft_fits,
    dead_letter,
    process_order,
    send_request,
)
from apps.orders.services.payments import (
    continue_order,
    resume_placed_orders,
    return_money,
    settle_payment,
)
from apps.orders.services.traces import (
    dead_letter_trace,
    look_again,
    look_for_order,
    settle_missing,
)
from apps.orders.services.transitions import (
    approve_order,
    begin_payment,
    cancel_order,
    cancel_units,
    complete_order,
    expire_unapproved_orders,
    expire_unpaid_orders,
    give_up_payment,
    mark_paid,
    note_shipped,
    reject_unpaid,
    wait_for_payment,
)

__all__ = [
    "approve_order",
    "begin_payment",
    "cancel_order",
    "cancel_units",
    "check_draft",
    "check_draft_fits",
    "check_units",
    "check_units_from",
    "complete_order",
    "continue_order",
    "dead_letter",
    "dead_letter_trace",
    "erase_guest",
    "expire_unapproved_orders",
    "expire_unpaid_orders",
    "fingerprint",
    "give_up_payment",
    "is_guests",
    "look_again",
    "look_for_order",
    "mark_paid",
    "note_shipped",
    "process_order",
    "reject_unpaid",
    "resume_placed_orders",
    "return_money",
    "send_request",
    "settle_missing",
    "settle_payment",
    "upgrade",
    "wait_for_payment",
]
