from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.events import services


@shared_task(name="events.relay")
def relay(**_future: Any) -> int:
    """Woken by each new event, and once a minute for what a crash left behind."""
    return services.relay()


@shared_task(name="events.collect_dead_letters")
def collect_dead_letters(**_future: Any) -> int:
    return services.collect_dead_letters()


@shared_task(name="events.report_lag")
def report_lag(**_future: Any) -> dict[str, int]:
    return services.report_lag(now=timezone.now())
