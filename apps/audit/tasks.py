from typing import Any

from celery import shared_task

from apps.audit import gateways, services


@shared_task(name="audit.check_shop")
def check_shop(**_future: Any) -> int:
    """Every hour: what has changed."""
    return services.check_changes()


@shared_task(name="audit.check_all")
def check_all(**_future: Any) -> bool:
    """Every night: everything, in as many tasks as it takes; whether this was the last of them."""
    is_done = services.check_all().finished_at is not None
    if not is_done:
        gateways.go_on()
    return is_done
