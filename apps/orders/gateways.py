"""The orders queue, and the figures of orders."""

from typing import Any

from apps.core.gateways import record_metric, task_app

TASK = "orders.process_order"


def send_to_queue(request: dict[str, Any]) -> None:
    """Put an accepted request on the orders queue. Raises what the queue's client raises."""
    task_app().send_task(TASK, kwargs={"request": request}, queue="orders", retry=False)


def send_to_dead_letters(request: object, *, reason: str) -> None:
    """Set a message aside for a person, with the reason beside it; it keeps its task's id."""
    from celery import current_task  # noqa: PLC0415 - where a task runs, it is there

    task_app().send_task(
        TASK,
        kwargs={"request": request},
        queue="orders-dlq",
        task_id=current_task.request.id if current_task else None,
        retry=False,
        headers={"dead_letter_reason": reason[:500]},
    )


def report_accepted() -> None:
    """One request for an order lies on the queue."""
    record_metric(name="OrdersAccepted", value=1)


def report_processed(*, waited_seconds: int) -> None:
    """One request has become an order, so long after it was accepted."""
    record_metric(name="OrdersProcessed", value=1)
    record_metric(name="OrderWaitSeconds", value=max(0, waited_seconds))


def report_rejected(*, reason: str) -> None:
    """One request could not be a sale, for this reason (a code)."""
    record_metric(name="OrdersRejected", value=1, reason=reason)
