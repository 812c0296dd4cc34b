"""Let go of what has been kept long enough (each app's `retention.py`), a small batch at a time."""

import logging
from collections.abc import Callable, Sequence

import msgspec
from django.apps import apps
from django.db import Error, connection, transaction
from django.utils import timezone

from apps.audit import gateways
from apps.audit.selectors import BATCH, list_expired, list_retention
from apps.core.services import record_metric, seconds_left
from apps.core.types import Metric, Retention

logger = logging.getLogger(__name__)

# What one batch may still need.
_MARGIN_SECONDS = 15
# After so many rows of a model that cannot go, the others wait for people to look.
_MOST_STUCK = 50

Tell = Callable[[Retention, int], None]


def log_pruned(one: Retention, rows: int) -> None:
    """Say in the log how many rows of a model went."""
    if rows:
        logger.info("%d rows of %s went: %s", rows, one.model, one.why)


def prune(*, tell: Tell = log_pruned) -> bool:
    """Let expired rows go, in transactions of at most 500; whether it came to the end.

    Persons who asked to be forgotten come first: however much else there is, it keeps none of them waiting.
    It stops while there is time for one more batch; the next call goes on with what is left. A row that
    cannot go is logged and stops no other; how many there were is the metric PruneFailures, zero too
    once all was tried. Tells how many rows of each model went.
    """
    expiring = [one for one in list_retention() if one.expired]
    # Stable: a sale is emptied before what is emptied because of it.
    persons_first = sorted(expiring, key=lambda one: one.days is not None)
    done = [_prune_model(one, tell) for one in persons_first]
    failures = sum(one.failures for one in done)
    is_done = all(one.is_done for one in done)
    if failures or is_done:
        record_metric(Metric.PRUNE_FAILURES, value=failures)
    return is_done


def prune_soon() -> None:
    """Have the worker prune as soon as it can. Raises what the queue's client raises."""
    gateways.go_on("audit.prune", hops=0)


class _Pruning(msgspec.Struct):
    """How far a model has come: rows that went, keys that cannot go, and whether time was enough."""

    gone: int = 0
    stuck: list[object] = msgspec.field(default_factory=list)
    failures: int = 0
    is_done: bool = False


def _prune_model(one: Retention, tell: Tell) -> _Pruning:
    """Let all expired rows of a model go. A batch that fails is halved until the row is found that
    cannot go; that one is left out from then on.
    """
    state, size = _Pruning(), BATCH
    while not state.is_done and not _is_late():
        keys: list[object] = []
        try:
            with transaction.atomic():
                keys = _next_keys(one, size=size, but=state.stuck)
                _clear(one, keys)
        except Error as error:
            _note_failure(one, keys, state, error=error)
            size = max(1, len(keys) // 2)
            continue
        state.gone += len(keys)
        state.is_done = len(keys) < size
        size = min(BATCH, size * 2)
    tell(one, state.gone)
    return state


def _next_keys(one: Retention, *, size: int, but: Sequence[object]) -> list[object]:
    """The keys of so many rows that may go, without those that cannot."""
    found = list_expired(one, at=timezone.now(), batch=size + len(but))
    return [key for key in found if key not in but][:size]


def _note_failure(one: Retention, keys: Sequence[object], state: _Pruning, *, error: Error) -> None:
    """Only of a single row it is known that it cannot go; without keys nobody knows what may."""
    if len(keys) > 1:
        return
    logger.error("rows of %s cannot go: %s", one.model, keys, exc_info=error)
    state.stuck += keys
    state.failures += 1
    # So many are no exceptions: they are tried again the next night.
    state.is_done = not keys or len(state.stuck) >= _MOST_STUCK


def _clear(one: Retention, keys: list[object]) -> None:
    if keys and one.clear:
        with connection.cursor() as cursor:
            cursor.execute(one.clear, {"keys": keys})
    elif keys:
        apps.get_model(one.model)._base_manager.filter(pk__in=keys).delete()


def _is_late() -> bool:
    left = seconds_left()
    return left is not None and left < _MARGIN_SECONDS
