from uuid import UUID

from apps.events.services import subscribe
from apps.payments import services
from apps.payments.events import PaymentDoubted


@subscribe(PaymentDoubted, lane="payments")
def resolve_payment(event: PaymentDoubted) -> None:
    services.settle_doubt(reference=UUID(event.reference))
