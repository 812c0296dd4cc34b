"""Transactions that PostgreSQL may have to break off; how long work may go on, sweeps that one bad row
does not stop, limits that are counted in the shared cache, figures on record, and what the log says of
the work at hand.
"""

import json
import logging
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, transaction
from django.utils import timezone

from apps.core.errors import TooMany
from apps.core.rules import digest_of, searchable
from apps.core.types import Limit, Metric

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.core.models import SweepFailure

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 4
# PostgreSQL's codes for a deadlock's victim and for a serialization failure: both ask for a retry.
# https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
_BROKEN_OFF = {"40P01", "40001"}


def retry_deadlocks(work: Callable[P, T]) -> Callable[P, T]:
    """Run `work` in a transaction of its own, and again, up to three times, if a deadlock broke it off.

    Raises RuntimeError inside an open transaction: what that has done is lost with it, so that only
    the outermost can begin again.
    """

    @wraps(work)
    def insist(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic(durable=True):
                    return work(*args, **kwargs)
            except OperationalError as error:
                if attempt == ATTEMPTS or not _is_broken_off(error):
                    raise
                logger.warning("%s was broken off and begins again", work.__qualname__)
            # Victims of one deadlock must not meet again; a few hundredths of a second suffice.
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - no secret
        raise AssertionError

    return insist


def _is_broken_off(error: OperationalError) -> bool:
    return getattr(error.__cause__, "pgcode", None) in _BROKEN_OFF


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline_at(monotonic_seconds: float) -> Iterator[None]:
    """Let the work inside know when it is ended by force, as a reading of `time.monotonic()`.

    An earlier deadline around it stays in force.
    """
    outer = _deadline.get()
    token = _deadline.set(monotonic_seconds if outer is None else min(outer, monotonic_seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float | None:
    """How many seconds the work at hand has until it is ended by force, at least 0; None: nothing ends it.

    What loops stops while there is enough left for its last step, and leaves the rest to the next run.
    """
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


# A step of a sweep asks a gateway twice at most, with a time-out each.
STEP_SECONDS = 25.0
_LONGEST_REST = timedelta(hours=1)


def each_alone(
    sweep: str,
    items: "Sequence[T] | QuerySet[Any, T]",
    work: Callable[[T], object],
    *,
    key: Callable[[T], str] = str,
    most: int = 200,
) -> int:
    """Work at most `most` items, each on its own; returns how many did not answer False.

    One that fails is logged, counted (metric SweepFailures) and rests for 2 minutes, then 4, 8, up to an
    hour; what has not failed yet comes first, so that the oldest bad ones hold up no other. Stops while
    there is time for one more step. `key` names an item for good. `work` brings its own transaction.
    Raises what the database raises if a failure cannot be written down: that is an outage.
    """
    known = _failures_of(sweep)
    now = timezone.now()
    found = [(key(item), item) for item in items[: most + len(known)]]
    due = [one for one in found if one[0] not in known or known[one[0]].due_at <= now]
    due.sort(key=lambda one: one[0] in known)
    done = failed = 0
    for name, item in due[:most]:
        left = seconds_left()
        if left is not None and left < STEP_SECONDS:
            logger.warning("%s stops before its time is over", sweep)
            break
        try:
            done += work(item) is not False
        except Exception as error:
            logger.exception("%s could not work %s", sweep, name)
            _note_failure(sweep, name, error=error, earlier=known.get(name))
            failed += 1
        else:
            if name in known:
                known[name].delete()
    if failed:
        record_metric(Metric.SWEEP_FAILURES, value=failed)
    return done


def _failures_of(sweep: str) -> "dict[str, SweepFailure]":
    from apps.core.models import SweepFailure  # noqa: PLC0415 - logs need this file before there are models

    return {failure.key: failure for failure in SweepFailure.objects.filter(sweep=sweep)}


def _note_failure(
    sweep: str, name: str, *, error: Exception, earlier: "SweepFailure | None"
) -> None:
    from apps.core.models import SweepFailure  # noqa: PLC0415 - as above

    attempts = 1 + (earlier.attempts if earlier else 0)
    now = timezone.now()
    SweepFailure.objects.update_or_create(
        sweep=sweep,
        key=name,
        defaults={
            "attempts": attempts,
            "error": searchable(f"{type(error).__name__}: {error}")[:500],
            "failed_at": now,
            "due_at": now + min(timedelta(minutes=2 ** min(attempts, 10)), _LONGEST_REST),
        },
    )


def use_up(limit: Limit, *subjects: str, by: int = 1) -> None:
    """Count so many more for each subject. Raises TooMany beyond the limit.

    A subject is an address, an account, a recipient; an empty one is nobody's, and is not counted. The
    counters live in the cache: per process with the laptop's default, shared with Valkey. A cache that is
    away stops nobody, for it is no reason to sell nothing.
    """
    for subject in filter(None, subjects):
        key = _limit_key(limit, subject)
        if _asked_safely(_count, key, limit, by) > limit.most:
            raise TooMany(wait_seconds=_asked_safely(_seconds_until_anew, key, limit))


def check_limit(limit: Limit, subject: str, *, by: int = 1) -> None:
    """Refuse what would be beyond the limit, and count nothing. Raises TooMany."""
    key = _limit_key(limit, subject)
    if _asked_safely(lambda: cache.get(key, 0)) + by > limit.most:
        raise TooMany(wait_seconds=_asked_safely(_seconds_until_anew, key, limit))


def is_counted(limit: Limit, what: str) -> bool:
    """Whether this very thing was counted within the limit's time: a repeat uses nothing up."""
    return bool(_asked_safely(lambda: cache.get(_counted_key(limit, what), 0)))


def note_counted(limit: Limit, what: str) -> None:
    """Remember that this very thing was counted."""
    _asked_safely(lambda: int(cache.add(_counted_key(limit, what), 1, limit.seconds)))


def _counted_key(limit: Limit, what: str) -> str:
    return f"counted:{limit.name}:{digest_of(text=what)}"


def _limit_key(limit: Limit, subject: str) -> str:
    return f"limit:{limit.name}:{digest_of(text=subject)}"


def _count(key: str, limit: Limit, by: int) -> int:
    if cache.add(key, by, limit.seconds):
        cache.set(f"{key}:ends", time.time() + limit.seconds, limit.seconds)
        return by
    try:
        return cache.incr(key, by)
    except ValueError:
        # The window closed between the two calls.
        cache.set(key, by, limit.seconds)
        return by


def _seconds_until_anew(key: str, limit: Limit) -> int:
    ends: float = cache.get(f"{key}:ends", time.time() + limit.seconds)
    return max(1, math.ceil(ends - time.time()))


def _asked_safely(ask: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
    try:
        return ask(*args, **kwargs)
    except Exception:
        logger.exception("limits are not counted: the cache is away")
        return 0


_log_facts: ContextVar[Mapping[str, str]] = ContextVar("log_facts", default=MappingProxyType({}))


def begin_log(**facts: str) -> None:
    """Let log lines say this from now on, and nothing of what was before: a new request or task."""
    _log_facts.set(facts)


def log_about(**facts: str) -> None:
    """Let log lines say this, too."""
    _log_facts.set({**_log_facts.get(), **facts})


@contextmanager
def logging_about(**facts: str) -> Iterator[None]:
    """Let log lines say this, too, until the end of a part of the work; what is empty is not said."""
    known = {name: one for name, one in facts.items() if one}
    token = _log_facts.set({**_log_facts.get(), **known})
    try:
        yield
    finally:
        _log_facts.reset(token)


def log_facts() -> Mapping[str, str]:
    """What log lines say of the work at hand."""
    return _log_facts.get()


def record_metric(metric: str, *, value: int = 1, **dimensions: str) -> None:
    """Put one figure on record: a line in CloudWatch's embedded metric format, which Lambda's log turns
    into a metric of the namespace Shop, parted by the dimensions. The shop's own are in `Metric`, an add-on
    has its own. What is called `…Seconds` is in seconds, the rest are counts.
    """
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    told = {"stage": settings.STAGE, **dimensions}
    unit = "Seconds" if metric.endswith("Seconds") else "Count"
    directive = {
        "Namespace": "Shop",
        "Dimensions": [list(told)],
        "Metrics": [{"Name": metric, "Unit": unit}],
    }
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    try:
        sys.stdout.write(json.dumps({"_aws": about, **told, metric: [value]}) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        # A full disk, a reader that has gone, a closed stream. The log may have the same fate.
        with suppress(OSError, ValueError):
            logger.warning("the figure %s=%s was not put on record", metric, value, exc_info=True)
