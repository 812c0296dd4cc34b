"""Alarms of the checker, and the queue that long work goes on by."""

from apps.core.gateways import record_metric, task_app


def record_broken_by_changes(count: int) -> None:
    """Put on record how many broken invariants a check of what changed has found, zero too."""
    record_metric(name="BrokenInvariants", value=count)


def record_broken_overall(count: int) -> None:
    """Put on record how many broken invariants there are in the whole shop, zero too."""
    record_metric(name="BrokenInvariantsOverall", value=count)


def record_prune_failures(count: int) -> None:
    """Put on record how many rows, or whole models, could not go though their time is over."""
    record_metric(name="PruneFailures", value=count)


def go_on(task: str, *, hops: int) -> None:
    """Have another task of that name go on. Raises what the queue's client raises."""
    task_app().send_task(task, kwargs={"hops": hops}, queue="bulk", retry=False)
