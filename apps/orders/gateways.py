"""The orders queue."""

from typing import Any

from celery import current_app, current_task

TASK = "orders.process_order"


def send_to_queue(request: dict[str, Any]) -> None:
    """Put an accepted request on the orders queue. Raises what the queue's client raises."""
    current_app.send_task(TASK, kwargs={"request": request}, queue="orders", retry=False)


def send_to_dead_letters(request: object, *, reason: str) -> None:
    """Set a message aside for a person, with the reason beside it; it keeps its task's id."""
    current_app.send_task(
        TASK,
        kwargs={"request": request},
        queue="orders-dlq",
        task_id=current_task.request.id if current_task else None,
        retry=False,
        headers={"dead_letter_reason": reason[:500]},
    )
