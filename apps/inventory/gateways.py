"""Alarms of the recount, and the queue that it goes on by."""

from apps.core.gateways import record_metric, task_app


def raise_alarm(count: int) -> None:
    """Put the number of figures that drifted on record as the metric StockDrift, zero too."""
    record_metric(name="StockDrift", value=count)


def go_on(*, after: str, hops: int) -> None:
    """Have another task recount what lies behind a SKU. Raises what the queue's client raises."""
    task_app().send_task(
        "inventory.recount", kwargs={"after": after, "hops": hops}, queue="bulk", retry=False
    )
