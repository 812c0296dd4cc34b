from uuid import UUID

from apps.events.services import subscribe
from apps.refunds import services
from apps.refunds.events import RefundApproved


@subscribe(RefundApproved, remote=True)
def pay_back(event: RefundApproved) -> None:
    services.pay_back(refund_id=UUID(event.refund_id))
