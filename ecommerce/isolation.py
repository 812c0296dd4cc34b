"""A sandbox, and its database connection, serve one piece of work after another; none sees the last."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")


def alone(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do a piece of work; its language, time zone and context variables end with it.

    A connection that was kept is asked for its health before the work uses it, and replaced where the
    server, a proxy or the network has closed it meanwhile: whatever the work is, none is begun elsewhere.
    """
    close_old_connections()
    try:
        with settled_connections():
            return copy_context().run(work, *args, **kwargs)
    finally:
        close_old_connections()


@contextmanager
def settled_connections() -> Iterator[None]:
    """Keep connections for what comes next, but none in the middle of something."""
    try:
        yield
    finally:
        for connection in connections.all(initialized_only=True):
            if _is_unsettled(connection):
                _throw_away(connection)


def _is_unsettled(connection: BaseDatabaseWrapper) -> bool:
    return bool(
        connection.in_atomic_block
        or connection.needs_rollback
        or connection.run_on_commit
        or connection.savepoint_ids
        or (connection.connection is not None and not connection.autocommit)
    )


def _throw_away(connection: BaseDatabaseWrapper) -> None:
    """Close what is open, and forget the rest: the server rolls back, and no hook runs."""
    with suppress(Exception):
        connection.connection.close()
    del connections[connection.alias]
