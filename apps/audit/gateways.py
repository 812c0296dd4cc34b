"""Alarms of the checker, and the queue that it goes on by."""

from apps.core.gateways import record_metric, task_app


def raise_alarm(count: int) -> None:
    """Put the number of broken invariants on record as the metric BrokenInvariants, zero too."""
    record_metric(name="BrokenInvariants", value=count)


def go_on(*, hops: int) -> None:
    """Have another task go on with the whole shop. Raises what the queue's client raises."""
    task_app().send_task("audit.check_all", kwargs={"hops": hops}, queue="bulk", retry=False)
