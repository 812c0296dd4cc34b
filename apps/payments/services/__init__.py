"""Take money and give it back, each exactly once."""

from apps.payments.services.paying import (
    authorise_payment,
    capture_payment,
    check_token,
    confirm_by_shopper,
    open_payment,
    void_payment,
)
from apps.payments.services.refunding import refund_payment, refund_rest

__all__ = [
    "authorise_payment",
    "capture_payment",
    "check_token",
    "confirm_by_shopper",
    "open_payment",
    "refund_payment",
    "refund_rest",
    "void_payment",
]
