from typing import Any

from celery import shared_task

from apps.shipping import services


@shared_task(name="shipping.give_up_overdue")
def give_up_overdue(**_future: Any) -> int:
    """Once a minute; the rows keep the time, so a missed run is made up for by the next."""
    return services.give_up_overdue()
