from uuid import UUID

from apps.events.services import subscribe
from apps.payments import services
from apps.payments.events import PaymentReviewRequired


@subscribe(PaymentReviewRequired, lane="payments")
def resolve_payment(event: PaymentReviewRequired) -> None:
    """Ask the provider, where a message contradicts our record; a repeat finds nothing new."""
    services.settle_doubt(reference=UUID(event.reference))
