"""Hold the whole shop against what it promises."""

from collections.abc import Iterator

from django.db import connection, transaction

from apps.audit.rules import INVARIANTS
from apps.audit.types import Violation


@transaction.atomic
def list_violations() -> list[Violation]:
    """Everything in the database that breaks an invariant, all seen at the same moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return list(_find())


def _find() -> Iterator[Violation]:
    with connection.cursor() as cursor:
        for invariant in INVARIANTS:
            cursor.execute(invariant.sql)
            for subject, detail in cursor.fetchall():
                yield Violation(
                    code=invariant.code,
                    promise=invariant.promise,
                    subject=str(subject),
                    detail=str(detail),
                )
