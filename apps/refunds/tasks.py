from typing import Any
from uuid import UUID

from celery import shared_task

from apps.refunds import services


@shared_task(name="refunds.pay_back")
def pay_back(*, refund_id: str, **_future: Any) -> None:
    """One message of the refunds queue. An outage raises, and the queue brings the message again."""
    services.pay_back(refund_id=UUID(refund_id))
