"""Take money and give it back, each exactly once."""

from apps.payments.services.credit_accounts import (
    change_credit_terms,
    open_credit_account,
    receive_on_account,
)
from apps.payments.services.discrepancies import settle_by_hand
from apps.payments.services.options import (
    find_payment_option,
    list_payment_options,
    read_payment_method,
)
from apps.payments.services.payments import (
    authorise_payment,
    capture_payment,
    check_amount,
    check_payable,
    check_token,
    may_answer_late,
    open_next_attempt,
    open_payments,
    takes_amount,
)
from apps.payments.services.reconciliation import reconcile
from apps.payments.services.refunds import refund_payments, return_late, return_undue
from apps.payments.services.resolution import resolve_payment, settle_doubt
from apps.payments.services.webhooks import receive_webhook

__all__ = [
    "authorise_payment",
    "capture_payment",
    "change_credit_terms",
    "check_amount",
    "check_payable",
    "check_token",
    "find_payment_option",
    "list_payment_options",
    "may_answer_late",
    "open_credit_account",
    "open_next_attempt",
    "open_payments",
    "read_payment_method",
    "receive_on_account",
    "receive_webhook",
    "reconcile",
    "refund_payments",
    "resolve_payment",
    "return_late",
    "return_undue",
    "settle_by_hand",
    "settle_doubt",
    "takes_amount",
]
