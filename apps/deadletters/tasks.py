from typing import Any

from celery import shared_task

from apps.deadletters import services


@shared_task(name="deadletters.collect")
def collect(**_future: Any) -> int:
    """Once a minute: what lies in the dead-letter queues, written down once; returns how many."""
    return services.collect_dead_letters()
