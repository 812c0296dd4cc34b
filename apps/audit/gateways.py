"""The queue that long work goes on by."""

from apps.core.gateways import task_app


def go_on(task: str, *, hops: int) -> None:
    """Have another task of that name go on. Raises what the queue's client raises."""
    task_app().send_task(task, kwargs={"hops": hops}, queue="bulk", retry=False)
