"""Collect what could not be worked, and let people decide: try again, or leave it be."""

from collections.abc import Collection
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.events import gateways
from apps.events.errors import NothingDecided
from apps.events.events import DeadLetterParked, DeadLetterRedriven
from apps.events.models import DeadLetter, LetterState, TaskFailure
from apps.events.rules import envelope_of
from apps.events.services.publishing import publish
from apps.events.types import RawMessage

# As long as SQS keeps a message at all.
_REMEMBERED = timedelta(days=14)
_BATCHES = 50


def note_failure(*, task_id: str, task: str, error: str) -> None:
    """Remember why a task failed, for the day on which its message is dead.

    While the database is what fails, nothing is remembered, and the outage explains itself.
    """
    try:
        TaskFailure.objects.update_or_create(
            task_id=task_id,
            defaults={"task": task[:100], "error": error[:4000], "failed_at": timezone.now()},
        )
    except DatabaseError:
        return


def collect_dead_letters() -> int:
    """Write down what lies in the stage's dead-letter queues, then take it out; returns how many.

    A crash in between leaves the message where it is, and it is written down once all the same.
    """
    TaskFailure.objects.filter(failed_at__lt=timezone.now() - _REMEMBERED).delete()
    collected = sum(_collect(queue) for queue in gateways.list_dead_letter_queues())
    waiting = DeadLetter.objects.filter(state=LetterState.WAITING).count()
    gateways.report_dead_letters(waiting)
    return collected


def _collect(queue: str) -> int:
    collected = 0
    for _ in range(_BATCHES):
        messages = gateways.receive(queue)
        if not messages:
            break
        with transaction.atomic():
            DeadLetter.objects.bulk_create(
                [_letter_of(message, queue=queue) for message in messages], ignore_conflicts=True
            )
        gateways.delete(queue, messages)
        collected += len(messages)
    return collected


def _letter_of(message: RawMessage, *, queue: str) -> DeadLetter:
    task, task_id, own_reason = envelope_of(message.body)
    failure = TaskFailure.objects.filter(pk=task_id).first() if task_id else None
    earlier = DeadLetter.objects.filter(
        queue=queue, body=message.body, state=LetterState.REDRIVEN
    ).order_by("-pk")
    return DeadLetter(
        queue=queue,
        message_id=message.id,
        body=message.body,
        task=task[:100],
        reason=message.reason or own_reason or (failure.error if failure else ""),
        receive_count=message.receive_count,
        sent_at=message.sent_at,
        came_back_from=earlier.first(),
    )


def redrive(*, letter_ids: Collection[int], actor_id: int | None) -> int:
    """Let dead letters be tried again, each once however often it is asked; returns how many.

    Raises NothingDecided if all of them had been redriven before.
    """
    decided = sum(
        _decide(one, state=LetterState.REDRIVEN, actor_id=actor_id, note="") for one in letter_ids
    )
    if not decided:
        raise NothingDecided
    return decided


def park(*, letter_ids: Collection[int], actor_id: int | None, reason: str) -> int:
    """Leave dead letters be, and say why; returns how many. Raises NothingDecided."""
    decided = sum(
        _decide(one, state=LetterState.PARKED, actor_id=actor_id, note=reason) for one in letter_ids
    )
    if not decided:
        raise NothingDecided
    return decided


@transaction.atomic
def _decide(letter_id: int, *, state: LetterState, actor_id: int | None, note: str) -> bool:
    undecided = DeadLetter.objects.filter(pk=letter_id).exclude(
        state__in=[LetterState.REDRIVEN, state]
    )
    decided = undecided.update(
        state=state, decided_at=timezone.now(), decided_by=actor_id, note=note[:300]
    )
    if not decided:
        return False
    if state == LetterState.REDRIVEN:
        publish(DeadLetterRedriven(letter_id=letter_id), actor_id=actor_id)
    else:
        publish(DeadLetterParked(letter_id=letter_id, reason=note), actor_id=actor_id)
    return True


def send_again(*, letter_id: int) -> None:
    """Put a redriven letter back on the queue it came from, as it was. Raises what SQS's client raises."""
    letter = DeadLetter.objects.get(pk=letter_id)
    gateways.send(letter.queue.removesuffix("-dlq"), body=letter.body)
