from typing import Any

from celery import shared_task

from apps.audit import gateways, selectors, services
from apps.audit.models import PassKind
from apps.events.services import MOST_HOPS

_CHECKS = {PassKind.CHANGES: "audit.check_shop", PassKind.FULL: "audit.check_all"}


@shared_task(name="audit.check_shop")
def check_shop(*, hops: int = 0, **_future: Any) -> bool:
    """Every hour: what has changed, in as many tasks as it takes; whether this was the last of them."""
    is_done = services.check_changes().finished_at is not None
    return is_done or _go_on("audit.check_shop", hops=hops)


@shared_task(name="audit.check_all")
def check_all(*, hops: int = 0, **_future: Any) -> bool:
    """Every night: everything, in as many tasks as it takes; whether this was the last of them."""
    is_done = services.check_all().finished_at is not None
    return is_done or _go_on("audit.check_all", hops=hops)


@shared_task(name="audit.prune")
def prune(*, hops: int = 0, **_future: Any) -> bool:
    """Every night: what has been kept long enough, in a few tasks; what is left then goes the night
    after. Whether all of it went.
    """
    return services.prune() or _go_on("audit.prune", hops=hops)


def _go_on(task: str, *, hops: int) -> bool:
    """Have another go on, up to the eighth of a chain; False, for it is not done."""
    if hops < MOST_HOPS:
        gateways.go_on(task, hops=hops + 1)
    return False


@shared_task(name="audit.resume_check")
def resume_check(**_future: Any) -> int:
    """Every five minutes: go on with the checks that nobody goes on with; how many there were."""
    left = selectors.list_checks_left()
    for kind in left:
        gateways.go_on(_CHECKS[kind], hops=0)
    return len(left)
