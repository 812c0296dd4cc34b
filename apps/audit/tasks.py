from typing import Any

from celery import shared_task

from apps.audit import gateways, selectors, services
from apps.events.services import MOST_HOPS


@shared_task(name="audit.check_shop")
def check_shop(**_future: Any) -> int:
    """Every hour: what has changed."""
    return services.check_changes()


@shared_task(name="audit.check_all")
def check_all(*, hops: int = 0, **_future: Any) -> bool:
    """Every night: everything, in as many tasks as it takes; whether this was the last of them."""
    is_done = services.check_all().finished_at is not None
    if not is_done and hops < MOST_HOPS:
        gateways.go_on("audit.check_all", hops=hops + 1)
    return is_done


@shared_task(name="audit.prune")
def prune(*, hops: int = 0, **_future: Any) -> bool:
    """Every night: what has been kept long enough, in a few tasks; what is left then goes the night
    after. Whether all of it went.
    """
    is_done = services.prune()
    if not is_done and hops < MOST_HOPS:
        gateways.go_on("audit.prune", hops=hops + 1)
    return is_done


@shared_task(name="audit.resume_check")
def resume_check(**_future: Any) -> bool:
    """Every five minutes: go on with a check of everything that nobody goes on with; whether there was one."""
    is_left = selectors.is_check_left()
    if is_left:
        gateways.go_on("audit.check_all", hops=0)
    return is_left
