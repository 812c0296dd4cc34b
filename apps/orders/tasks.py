from typing import Any

from celery import shared_task

from apps.orders import services
from apps.orders.errors import MalformedRequest


@shared_task(name="orders.process_order")
def process_order(*, request: Any = None, **_future: Any) -> str | None:
    """One message of the orders queue. An outage raises, and the queue brings the message again."""
    try:
        return str(services.process_order(request=request))
    except MalformedRequest as error:
        services.dead_letter(request=request, reason=str(error))
        return None


@shared_task(name="orders.expire_unpaid_orders")
def expire_unpaid_orders(**_future: Any) -> int:
    return services.expire_unpaid_orders()


@shared_task(name="orders.expire_unapproved_orders")
def expire_unapproved_orders(**_future: Any) -> int:
    return services.expire_unapproved_orders()


@shared_task(name="orders.resume_placed_orders")
def resume_placed_orders(**_future: Any) -> int:
    return services.resume_placed_orders()
