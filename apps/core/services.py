"""Transactions that PostgreSQL may have to break off; how long work may go on, and what its log says."""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

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
