"""Questions about payments."""

from uuid import UUID

from apps.payments.models import Payment
from apps.payments.types import FAKE_TOKENS, FakeToken


def get_payment(reference: UUID) -> Payment:
    """The payment of an order. Raises Payment.DoesNotExist."""
    return Payment.objects.get(reference=reference)


def find_payment_by_id(payment_id: UUID) -> Payment | None:
    """The payment behind a page of the fake bank."""
    return Payment.objects.filter(pk=payment_id).first()


def list_fake_tokens() -> tuple[FakeToken, ...]:
    """The tokens of the fake gateway, and what each makes happen."""
    return FAKE_TOKENS
