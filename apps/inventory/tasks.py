from typing import Any

from celery import shared_task

from apps.events.services import MOST_HOPS
from apps.inventory import gateways, services


@shared_task(name="inventory.release_expired")
def release_expired(**_future: Any) -> int:
    """Once a minute: free what lost orders hold, each order alone; returns how many."""
    return services.release_expired()


@shared_task(name="inventory.recount")
def recount(*, after: str = "", hops: int = 0, **_future: Any) -> int:
    """Every night, in as many tasks as it takes; how many figures differ."""
    found = services.recount(after=after)
    if found.stopped_at and hops < MOST_HOPS:
        gateways.go_on(after=found.stopped_at, hops=hops + 1)
    return found.differences
