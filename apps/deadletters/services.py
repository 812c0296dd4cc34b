"""Collect what could not be worked, and let people decide: try again, or leave it be."""

import logging
from collections.abc import Collection, Sequence

from django.db import Error, transaction
from django.utils import timezone

from apps.core.rules import searchable
from apps.core.services import record_metric
from apps.core.types import Metric
from apps.deadletters import gateways
from apps.deadletters.errors import LetterUnknown, NothingDecided
from apps.deadletters.events import DeadLetterParked, DeadLetterRedriven
from apps.deadletters.models import DeadLetter, LetterState, TaskFailure
from apps.deadletters.rules import envelope_of, identity_of
from apps.deadletters.types import RawMessage
from apps.events.services import publish

logger = logging.getLogger(__name__)

_BATCHES = 50


def note_failure(*, task_id: str, task: str, error: str) -> None:
    """Remember why a task failed, for the day on which its message is dead.

    While the database is what fails, nothing is remembered, and the outage explains itself.
    """
    try:
        TaskFailure.objects.update_or_create(
            task_id=searchable(task_id)[:50],
            defaults={
                "task": task[:100],
                "error": searchable(error)[:4000],
                "failed_at": timezone.now(),
            },
        )
    except Error:
        logger.warning("why %s failed is not remembered: the database does not take it", task)


def collect_dead_letters() -> int:
    """Write down what lies in the stage's dead-letter queues, then take it out; returns how many.

    A crash in between leaves the message where it is, and it is written down once all the same.
    """
    collected = sum(_collect(queue) for queue in gateways.list_dead_letter_queues())
    waiting = DeadLetter.objects.filter(state=LetterState.WAITING).count()
    record_metric(Metric.DEAD_LETTERS, value=waiting)
    return collected


def _collect(queue: str) -> int:
    """Empty one queue, a bounded number of messages at a time; what fails here waits for the next run."""
    collected = 0
    try:
        for _ in range(_BATCHES):
            messages = gateways.receive(queue)
            if not messages:
                break
            letters = _letters_of(messages, queue=queue)
            DeadLetter.objects.bulk_create(letters, ignore_conflicts=True)
            gateways.delete(queue, messages)
            collected += len(messages)
    except Exception:
        logger.exception("%s was not emptied", queue)
    return collected


def _letters_of(messages: Sequence[RawMessage], *, queue: str) -> list[DeadLetter]:
    envelopes = [envelope_of(message.body) for message in messages]
    identities = [
        identity_of(message.body, task_id=envelope.task_id)
        for message, envelope in zip(messages, envelopes, strict=True)
    ]
    # What a scheduler sent has no id of its own, and its task was known by the message's.
    task_ids = [
        envelope.task_id or message.id
        for message, envelope in zip(messages, envelopes, strict=True)
    ]
    failures = TaskFailure.objects.in_bulk(task_ids)
    redriven = DeadLetter.objects.filter(
        queue=queue, identity__in=identities, state=LetterState.REDRIVEN
    )
    earlier = dict(redriven.order_by("pk").values_list("identity", "pk"))
    return [
        DeadLetter(
            queue=queue,
            message_id=message.id,
            identity=identity,
            body=message.body,
            attributes=message.attributes,
            task=envelope.task[:100],
            reason=message.reason or _error_of(failures.get(task_id)) or envelope.reason,
            receive_count=message.receive_count,
            sent_at=message.sent_at,
            came_back_from_id=earlier.get(identity),
        )
        for message, envelope, task_id, identity in zip(
            messages, envelopes, task_ids, identities, strict=True
        )
    ]


def _error_of(failure: TaskFailure | None) -> str:
    return failure.error if failure else ""


def redrive(*, letter_ids: Collection[int], actor_id: int | None) -> int:
    """Let dead letters be tried again, each once however often it is asked; returns how many.

    Raises LetterUnknown, or NothingDecided if all of them had been redriven before.
    """
    _check_known(letter_ids)
    redriven = sum(_redrive(one, actor_id=actor_id) for one in letter_ids)
    if not redriven:
        raise NothingDecided
    return redriven


@transaction.atomic
def _redrive(letter_id: int, *, actor_id: int | None) -> bool:
    undecided = DeadLetter.objects.filter(pk=letter_id).exclude(state=LetterState.REDRIVEN)
    if not undecided.update(
        state=LetterState.REDRIVEN, decided_at=timezone.now(), decided_by=actor_id, note=""
    ):
        return False
    publish(DeadLetterRedriven(letter_id=letter_id), actor_id=actor_id)
    return True


def park(*, letter_ids: Collection[int], actor_id: int | None, reason: str) -> int:
    """Leave waiting dead letters be, and say why; returns how many.

    Raises LetterUnknown, or NothingDecided if none of them waits.
    """
    _check_known(letter_ids)
    parked = sum(_park(one, actor_id=actor_id, reason=reason) for one in letter_ids)
    if not parked:
        raise NothingDecided
    return parked


@transaction.atomic
def _park(letter_id: int, *, actor_id: int | None, reason: str) -> bool:
    waiting = DeadLetter.objects.filter(pk=letter_id, state=LetterState.WAITING)
    if not waiting.update(
        state=LetterState.PARKED, decided_at=timezone.now(), decided_by=actor_id, note=reason[:300]
    ):
        return False
    publish(DeadLetterParked(letter_id=letter_id, reason=reason), actor_id=actor_id)
    return True


def _check_known(letter_ids: Collection[int]) -> None:
    known = DeadLetter.objects.filter(pk__in=letter_ids).values_list("pk", flat=True)
    if unknown := sorted(set(letter_ids) - set(known)):
        raise LetterUnknown(letters=unknown)


def send_again(*, letter_id: int) -> None:
    """Put a redriven letter back on the queue it came from, as it was. Raises what SQS's client raises."""
    letter = DeadLetter.objects.get(pk=letter_id)
    queue = letter.queue.removesuffix(gateways.DEAD)
    gateways.send(queue, body=letter.body, attributes=letter.attributes)
