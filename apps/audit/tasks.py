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
        gateways.go_on("audit.check_all")
    return is_done


@shared_task(name="audit.prune")
def prune(**_future: Any) -> bool:
    """Every night: what has been kept long enough, in as many tasks as it takes; whether all of it went."""
    is_done = services.prune()
    if not is_done:
        gateways.go_on("audit.prune")
    return is_done
