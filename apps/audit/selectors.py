"""Hold the shop against what its apps promise (their `invariants.py`), a piece at a time, and find
what has been kept long enough (their `retention.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import module_has_submodule

from apps.audit.models import Pass, PassKind
from apps.audit.types import Violation
from apps.core.types import Invariant, Retention, Scope
from apps.events.selectors import first_id

CHUNK = 1_000
# So many changed keys come in one statement: each has to find all that changed.
PAGE = 20_000
# Rows that go in one statement and one transaction: short locks, and little to undo.
BATCH = 500
_LOWEST = {"uuid": "'00000000-0000-0000-0000-000000000000'", "bigint": "'0'"}


@cache
def list_invariants() -> tuple[Invariant, ...]:
    """Every invariant that an app declares, by its code."""
    found = [one for module in _modules("invariants") for one in module.INVARIANTS]
    return tuple(sorted(found, key=lambda one: one.code))


@cache
def list_scopes() -> tuple[Scope, ...]:
    """Every scope that an app declares, from the ground up."""
    return tuple(scope for module in _modules("invariants") for scope in module.SCOPES)


@cache
def list_retention() -> tuple[Retention, ...]:
    """What every app says of how long rows are kept, from the ground up."""
    return tuple(one for module in _modules("retention") for one in module.RETENTION)


def _modules(name: str) -> list[Any]:
    return [
        import_module(f"{one.name}.{name}")
        for one in apps.get_app_configs()
        if module_has_submodule(one.module, name)
    ]


def list_checks_left() -> list[PassKind]:
    """The kinds of check that were broken off, and that nobody has gone on with for two minutes."""
    left = Pass.objects.filter(finished_at=None)
    left = left.filter(touched_at__lt=timezone.now() - timedelta(minutes=2))
    return [PassKind(kind) for kind in left.order_by("kind").values_list("kind", flat=True)]


def list_violations() -> list[Violation]:
    """Everything in the database that breaks an invariant: the whole shop, in pieces."""
    found = list(find_violations(scope=None, keys=()))
    for scope in list_scopes():
        for keys in chunks_of(scope):
            found += find_violations(scope=scope, keys=keys)
    return found


def chunks_of(scope: Scope, *, after: str = "") -> Iterator[list[str]]:
    """All keys of a scope behind one of them, in order, at most a thousand at a time."""
    sql = piece_sql(scope)
    while keys := _column(sql, {**_times(), "after": after, "limit": CHUNK}):
        yield keys
        after = keys[-1]


def piece_sql(scope: Scope) -> str:
    """The statement that gives the next `%(limit)s` keys of a scope behind `%(after)s`.

    In the order of the ids and not of their text, in which 10 comes before 9: the next piece would
    leave out what lies between, and each piece would sort all that is left.
    """
    first = scope.first or _LOWEST[scope.key]
    return f"""
    SELECT one.id::text FROM {scope.table} one
    WHERE one.id > coalesce(nullif(%(after)s, ''), {first})::{scope.key}
    ORDER BY one.id LIMIT %(limit)s
    """


def changes_of(scope: Scope, *, since: datetime, after: str = "") -> Iterator[list[str]]:
    """The keys of a scope that may have changed since a time, behind one of them, in order.

    They come at most a thousand at a time, and are asked for by `PAGE`: however much has changed, no
    more than that is held in memory.
    """
    sql = changes_sql(scope)
    values = {**_times(), "since": since, "since_id": str(first_id(at=since)), "limit": PAGE}
    is_left = True
    while is_left:
        keys = _column(sql, {**values, "after": after})
        for start in range(0, len(keys), CHUNK):
            yield keys[start : start + CHUNK]
        is_left = len(keys) == PAGE
        after = keys[-1] if keys else after


def changes_sql(scope: Scope) -> str:
    """The statement that gives the next `%(limit)s` changed keys of a scope behind `%(after)s`."""
    return f"""
    SELECT DISTINCT changed.id::text, changed.id FROM ({scope.changed}) AS changed (id)
    WHERE changed.id > coalesce(nullif(%(after)s, ''), {_LOWEST[scope.key]})::{scope.key}
    ORDER BY changed.id LIMIT %(limit)s
    """


def find_violations(*, scope: Scope | None, keys: Sequence[str]) -> Iterator[Violation]:
    """What breaks the invariants of a scope among these keys; without a scope, those of the whole shop.

    Each invariant is one statement, hence one moment.
    """
    name = scope.name if scope else ""
    values = {**_times(), "keys": list(keys)}
    for invariant in list_invariants():
        if invariant.scope == name:
            yield from _ask(invariant, values)


def _ask(invariant: Invariant, values: Mapping[str, Any]) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(invariant.sql, {**values, **invariant.values()})
        for subject, detail in cursor.fetchall():
            yield Violation(
                code=invariant.code,
                promise=invariant.promise,
                subject=str(subject),
                detail=str(detail),
            )


def _column(sql: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _times() -> dict[str, Any]:
    """Since when nothing was cleared out, with a day to spare."""
    now = timezone.now()
    events_since = now - timedelta(days=settings.EVENTS_KEPT_DAYS - 1)
    deliveries_since = now - timedelta(days=settings.DELIVERIES_KEPT_DAYS - 1)
    return {
        "events_since": events_since,
        "deliveries_since": deliveries_since,
        "deliveries_since_id": str(first_id(at=deliveries_since)),
    }


def list_expired(one: Retention, *, at: datetime, batch: int = BATCH) -> list[Any]:
    """The keys of at most `batch` rows that may go at a time."""
    return _column(one.expired, {**_values_of(one, at=at), "batch": batch}) if one.expired else []


def count_expired(one: Retention, *, at: datetime) -> int:
    """How many rows may go at a time."""
    if not one.expired:
        return 0
    sql = f"SELECT count(*) FROM ({one.expired}) expired"
    return int(_column(sql, {**_values_of(one, at=at), "batch": None})[0])


def _values_of(one: Retention, *, at: datetime) -> dict[str, Any]:
    before = at - timedelta(days=one.days or 0)
    times = {"before": before, "before_id": str(first_id(at=before)), "batch": BATCH}
    return {**times, **one.values()}
