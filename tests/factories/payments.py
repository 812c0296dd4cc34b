"""Payments as an order opens them."""

from apps.core.models import new_id
from apps.core.types import Money
from apps.payments.models import Payment
from apps.payments.services import authorise_payment, capture_payment, open_payment


def make_payment(*, token: str = "tok_success", minor: int = 1235) -> Payment:
    """A payment that no gateway has heard of yet."""
    return open_payment(reference=new_id(), gateway="fake", token=token, amount=Money(minor, "GBP"))


def make_captured_payment(*, minor: int = 1235) -> Payment:
    """A payment whose money was taken."""
    payment = make_payment(minor=minor)
    authorise_payment(payment)
    capture_payment(payment)
    payment.refresh_from_db()
    return payment
