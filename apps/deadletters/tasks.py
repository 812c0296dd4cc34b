from typing import Any

from celery import shared_task

from apps.deadletters import services


@shared_task(name="deadletters.collect")
def collect(**_future: Any) -> int:
    return services.collect_dead_letters()
