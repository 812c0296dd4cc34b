"""The orders queue."""

from typing import Any

from celery import current_app

TASK = "orders.process_order"


def send_to_queue(request: dict[str, Any]) -> None:
    """Put an accepted request on the orders queue. Raises what the queue's client raises."""
    current_app.send_task(TASK, kwargs={"request": request}, queue="orders", retry=False)


def send_to_dead_letters(request: object, *, reason: str) -> None:
    """Set a message aside for a person, with the reason beside it."""
    current_app.send_task(
        TASK,
        kwargs={"request": request},
        queue="orders-dlq",
        retry=False,
        headers={"dead_letter_reason": reason[:500]},
    )
