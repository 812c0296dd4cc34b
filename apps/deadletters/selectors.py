"""Questions about dead letters and failed tasks."""

from django.apps import apps
from django.db.models import QuerySet

from apps.deadletters.models import DeadLetter, TaskFailure
from apps.events.models import OutboxMessage
from apps.events.selectors import list_events_about


def list_letters(*, queue: str = "", state: str = "") -> QuerySet[DeadLetter]:
    """Dead letters, of one queue or in one state if they are named; oldest first."""
    letters = DeadLetter.objects.order_by("pk")
    if queue:
        letters = letters.filter(queue=queue)
    return letters.filter(state=state) if state else letters


def has_letter(*, queue: str, identity: str) -> bool:
    """Whether a message with this identity (its task's id) was ever set aside from a queue."""
    return DeadLetter.objects.filter(queue=queue, identity=identity).exists()


def list_queues_kept_by_others() -> list[str]:
    """The dead-letter queues whose letters an app above keeps by a rule of its own: its `keeps_letters_of`."""
    return [
        queue for one in apps.get_app_configs() for queue in getattr(one, "keeps_letters_of", ())
    ]


def find_failure(task_id: str) -> TaskFailure | None:
    """How a task failed last, if it did and the database could note it."""
    return TaskFailure.objects.filter(pk=task_id).first()


def list_decisions(letter: DeadLetter) -> QuerySet[OutboxMessage]:
    """What was decided about a dead letter, by whom and when; oldest first."""
    return list_events_about(str(letter.pk)).filter(type__startswith="deadletters.letter.")
