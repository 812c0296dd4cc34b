"""Take money and give it back, each exactly once."""

from apps.payments.services.listening import receive_webhook
from apps.payments.services.paying import (
    authorise_payment,
    capture_payment,
    check_token,
    confirm_by_shopper,
    open_payment,
    void_payment,
)
from apps.payments.services.refunding import refund_payment, refund_rest
from apps.payments.services.resolving import resolve_payment

__all__ = [
    "authorise_payment",
    "capture_payment",
    "check_token",
    "confirm_by_shopper",
    "open_payment",
    "receive_webhook",
    "refund_payment",
    "refund_rest",
    "resolve_payment",
    "void_payment",
]
