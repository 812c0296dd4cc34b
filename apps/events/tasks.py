from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.events import services


@shared_task(name="events.relay")
def relay(*, lane: str = "", hops: int = 0, **_future: Any) -> int:
    """Woken by new events, or by a relay whose time was over."""
    return services.relay(lane=lane, hops=hops)


@shared_task(name="events.sweep")
def sweep(**_future: Any) -> int:
    """Once a minute, for what a crash left behind and what is to be tried again."""
    return services.sweep()


@shared_task(name="events.report_lag")
def report_lag(**_future: Any) -> dict[str, int]:
    """Once a minute: how many seconds the oldest delivery to each target has waited."""
    return services.report_lag(now=timezone.now())
