"""The queue that a recount goes on by."""

from apps.core.gateways import task_app


def go_on(*, after: str, hops: int) -> None:
    """Have another task recount what lies behind a SKU. Raises what the queue's client raises."""
    task_app().send_task(
        "inventory.recount", kwargs={"after": after, "hops": hops}, queue="bulk", retry=False
    )
