from typing import Any

from celery import shared_task

from apps.inventory import services


@shared_task(name="inventory.release_expired")
def release_expired(**_future: Any) -> int:
    return services.release_expired()


@shared_task(name="inventory.recount")
def recount(**_future: Any) -> int:
    return services.recount()
