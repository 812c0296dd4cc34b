"""Look after the shop's promises while nobody watches."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from apps.audit import gateways
from apps.audit.models import Pass, PassKind
from apps.audit.selectors import (
    CHUNK,
    chunks_of,
    find_violations,
    list_changed,
    list_scopes,
)
from apps.audit.types import Violation
from apps.core.services import seconds_left
from apps.core.types import Scope

logger = logging.getLogger(__name__)

# What was at work when the last check looked is looked at again.
_OVERLAP = timedelta(minutes=15)
# Before the first check there was nothing to look at; a day is plenty.
_FIRST = timedelta(days=1)
# What one piece may still need.
_MARGIN_SECONDS = 15

Tell = Callable[[Violation], None]
Progress = Callable[[str, int], None]


def log_violation(one: Violation) -> None:
    """Say in the log what is broken."""
    logger.error("%s broken (%s): %s: %s", one.code, one.promise, one.subject, one.detail)


def check_changes(*, tell: Tell = log_violation) -> int:
    """Hold what changed since the last check against the invariants, and what is asked as a whole.

    Tells each violation, and their number as the metric BrokenInvariants, zero too; returns it.
    """
    since = _last_start(PassKind.CHANGES)
    now = timezone.now()
    found = _tell_all(None, [], tell)
    checked = 0
    for scope in list_scopes():
        keys = list_changed(scope, since=since)
        checked += len(keys)
        for start in range(0, len(keys), CHUNK):
            found += _tell_all(scope, keys[start : start + CHUNK], tell)
    Pass.objects.filter(kind=PassKind.CHANGES).delete()
    Pass.objects.create(
        kind=PassKind.CHANGES, checked=checked, violations=found, started_at=now, finished_at=now
    )
    gateways.raise_alarm(found)
    return found


def check_all(
    *, tell: Tell = log_violation, progress: Progress | None = None, anew: bool = False
) -> Pass:
    """Go on with holding the whole shop against its invariants, until the end or until the time is over.

    Where it stopped is on record; the next call goes on there, unless it shall begin `anew`. At the
    end the number of violations becomes the metric BrokenInvariants.
    """
    current = _current_pass(anew=anew)
    if not current.scope:
        _count(current, _tell_all(None, [], tell), 0)
    for scope in _scopes_from(current.scope):
        for keys in chunks_of(scope, after=current.after if scope.name == current.scope else ""):
            _count(current, _tell_all(scope, keys, tell), len(keys))
            _note(current, scope=scope.name, after=keys[-1])
            if progress:
                progress(scope.name, current.checked)
            if _is_late():
                return current
    current.finished_at = timezone.now()
    current.save(update_fields=["finished_at"])
    gateways.raise_alarm(current.violations)
    return current


def _is_late() -> bool:
    left = seconds_left()
    return left is not None and left < _MARGIN_SECONDS


def _last_start(kind: PassKind) -> datetime:
    last = Pass.objects.filter(kind=kind).order_by("-started_at").first()
    return last.started_at - _OVERLAP if last else timezone.now() - _FIRST


def _current_pass(*, anew: bool) -> Pass:
    """The full pass that is under way, or a new one; the finished ones before it are forgotten."""
    under_way = Pass.objects.filter(kind=PassKind.FULL, finished_at=None)
    if anew:
        under_way.delete()
    if current := under_way.first():
        return current
    Pass.objects.filter(kind=PassKind.FULL).delete()
    return Pass.objects.create(kind=PassKind.FULL, started_at=timezone.now())


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
