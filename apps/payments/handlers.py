from uuid import UUID

from apps.events.services import subscribe
from apps.payments import services
from apps.payments.events import PaymentCameLate, PaymentReviewRequired


@subscribe(PaymentReviewRequired, lane="payments")
def resolve_payment(event: PaymentReviewRequired) -> None:
    """Ask the provider, where a message contradicts our record; a repeat finds nothing new."""
    services.settle_doubt(payment_id=UUID(event.payment_id))


@subscribe(PaymentCameLate, lane="payments")
def return_late_money(event: PaymentCameLate) -> None:
    """Send back what was taken by a payment that was closed; a repeat moves nothing."""
    services.return_late(payment_id=UUID(event.payment_id))
