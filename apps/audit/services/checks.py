"""Look after the shop's promises while nobody watches."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from apps.audit.models import Pass, PassKind
from apps.audit.selectors import (
    changes_of,
    chunks_of,
    find_violations,
    list_scopes,
)
from apps.audit.types import Violation
from apps.core.services import record_metric, seconds_left
from apps.core.types import Metric, Scope

logger = logging.getLogger(__name__)

# What was at work when the last check looked is looked at again.
_OVERLAP = timedelta(minutes=15)
# Before the first check there was nothing to look at; a day is plenty.
_FIRST = timedelta(days=1)
# What one piece may still need.
_MARGIN_SECONDS = 15

Tell = Callable[[Violation], None]
Progress = Callable[[str, int], None]
# The keys of a scope behind one of them, in order, a piece at a time.
Pieces = Callable[[Scope, str], Iterator[list[str]]]


def log_violation(one: Violation) -> None:
    """Say in the log what is broken."""
    logger.error("%s broken (%s): %s: %s", one.code, one.promise, one.subject, one.detail)


def check_changes(*, tell: Tell = log_violation) -> Pass:
    """Go on with holding what changed since the last finished check against the invariants, and with
    what is asked as a whole, until the end or until the time is over.

    Where it stopped is on record; the next call goes on there, with what changed since the same time.
    The number of violations so far becomes the metric BrokenInvariants, zero too.
    """
    current = _current_pass(PassKind.CHANGES)
    since = _since(current)

    def pieces(scope: Scope, after: str) -> Iterator[list[str]]:
        return changes_of(scope, since=since, after=after)

    _go_on(current, pieces, tell=tell)
    record_metric(Metric.BROKEN_INVARIANTS, value=current.violations)
    return current


def check_all(
    *, tell: Tell = log_violation, progress: Progress | None = None, anew: bool = False
) -> Pass:
    """Go on with holding the whole shop against its invariants, until the end or until the time is over.

    Where it stopped is on record; the next call goes on there, unless it shall begin `anew`. The number
    of violations becomes the metric BrokenInvariantsOverall: zero only of the whole shop.
    """
    current = _current_pass(PassKind.FULL, anew=anew)

    def pieces(scope: Scope, after: str) -> Iterator[list[str]]:
        return chunks_of(scope, after=after)

    _go_on(current, pieces, tell=tell, progress=progress)
    if current.violations or current.finished_at:
        record_metric(Metric.BROKEN_INVARIANTS_OVERALL, value=current.violations)
    return current


def _go_on(current: Pass, pieces: Pieces, *, tell: Tell, progress: Progress | None = None) -> None:
    """Look at one piece after the other; the pass is finished where there was time for all of them."""
    if not current.scope:
        _count(current, _tell_all(None, [], tell), 0)
    if _look_at_all(current, pieces, tell=tell, progress=progress):
        _finish(current)


def _look_at_all(current: Pass, pieces: Pieces, *, tell: Tell, progress: Progress | None) -> bool:
    """Whether there was time to look at every piece behind where the pass stopped."""
    for scope in _scopes_from(current.scope):
        for keys in pieces(scope, current.after if scope.name == current.scope else ""):
            _count(current, _tell_all(scope, keys, tell), len(keys))
            _note(current, scope=scope.name, after=keys[-1])
            if progress:
                progress(scope.name, current.checked)
            if _is_late():
                return False
    return True


def _is_late() -> bool:
    left = seconds_left()
    return left is not None and left < _MARGIN_SECONDS


def _since(current: Pass) -> datetime:
    """What changed after this time is looked at: the same for a pass that goes on as when it began."""
    finished = Pass.objects.filter(kind=current.kind).exclude(finished_at=None)
    last = finished.order_by("-started_at").first()
    return last.started_at - _OVERLAP if last else current.started_at - _FIRST


def _current_pass(kind: PassKind, *, anew: bool = False) -> Pass:
    """The pass that is under way, or a new one."""
    under_way = Pass.objects.filter(kind=kind, finished_at=None)
    if anew:
        under_way.delete()
    return under_way.first() or Pass.objects.create(kind=kind, started_at=timezone.now())


def _finish(current: Pass) -> None:
    """What has begun by now was looked at; the passes before it are forgotten."""
    current.finished_at = timezone.now()
    current.save(update_fields=["checked", "violations", "finished_at"])
    Pass.objects.filter(kind=current.kind).exclude(pk=current.pk).delete()


def _scopes_from(name: str) -> list[Scope]:
    scopes = list(list_scopes())
    names = [scope.name for scope in scopes]
    return scopes[names.index(name) :] if name in names else scopes


def _tell_all(scope: Scope | None, keys: list[str], tell: Tell) -> int:
    found = list(find_violations(scope=scope, keys=keys))
    for one in found:
        tell(one)
    return len(found)


def _count(current: Pass, found: int, checked: int) -> None:
    current.violations += found
    current.checked += checked


def _note(current: Pass, *, scope: str, after: str) -> None:
    current.scope, current.after = scope, after
    current.save(update_fields=["scope", "after", "checked", "violations", "touched_at"])
