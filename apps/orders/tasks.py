from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import DataError

from apps.jobs.services import work
from apps.orders import services
from apps.orders.errors import MalformedRequest


@shared_task(name="orders.process_order")
def process_order(*, request: Any = None, **_future: Any) -> str | None:
    """One message of the orders queue. An outage raises, and the queue brings the message again."""
    try:
        return str(services.process_order(request=request))
    except (MalformedRequest, DataError) as error:
        services.dead_letter(request=request, reason=str(error))
        return None


@shared_task(name="orders.look_again")
def look_again(**_future: Any) -> int:
    """Every five minutes: look for the orders that were not found; returns how many."""
    return services.look_again()


@shared_task(name="orders.look_for_order")
def look_for_order(*, trace: Any = None, **_future: Any) -> str | None:
    """A while after an order was accepted. An outage raises, and the queue brings the trace again."""
    try:
        return services.look_for_order(trace=trace).value
    except MalformedRequest as error:
        services.dead_letter_trace(trace=trace, reason=str(error))
        return None


@shared_task(name="orders.expire_unpaid_orders")
def expire_unpaid_orders(**_future: Any) -> int:
    """Once a minute: cancel what was not paid in time, each alone; returns how many."""
    return services.expire_unpaid_orders()


@shared_task(name="orders.expire_unapproved_orders")
def expire_unapproved_orders(**_future: Any) -> int:
    """Once a minute: cancel what no manager approved in time, each alone; returns how many."""
    return services.expire_unapproved_orders()


@shared_task(name="orders.resume_placed_orders")
def resume_placed_orders(**_future: Any) -> int:
    """Every five minutes: go on with orders whose message was lost; returns how many."""
    return services.resume_placed_orders()


@work("orders.approve")
def approve(key: str, *, actor_id: int | None) -> None:
    """Approve one order of a job. IllegalTransition is the row's failure."""
    services.approve_order(order_id=UUID(key), actor_id=actor_id or 0)


@work("orders.cancel")
def cancel(key: str, *, actor_id: int | None, reason: str) -> None:
    """Cancel one order of a job. IllegalTransition and AlreadyShipped are the row's failure."""
    services.cancel_order(order_id=UUID(key), actor_id=actor_id, reason=reason)
