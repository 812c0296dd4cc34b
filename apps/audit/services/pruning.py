"""Let go of what has been kept long enough (each app's `retention.py`), a small batch at a time."""

import logging
from collections.abc import Callable

from django.apps import apps
from django.db import Error, connection, transaction
from django.db.models import RestrictedError
from django.utils import timezone

from apps.audit.selectors import BATCH, list_expired, list_retention
from apps.core.services import seconds_left
from apps.core.types import Retention

logger = logging.getLogger(__name__)

# What one batch may still need.
_MARGIN_SECONDS = 15

Tell = Callable[[Retention, int], None]


def log_pruned(one: Retention, rows: int) -> None:
    """Say in the log how many rows of a model went."""
    if rows:
        logger.info("%d rows of %s went: %s", rows, one.model, one.why)


def prune(*, tell: Tell = log_pruned) -> bool:
    """Let expired rows go, in transactions of at most 500; whether it came to the end.

    Persons who asked to be forgotten come first: however much else there is, it keeps none of them waiting.
    It stops while there is time for one more batch; the next call goes on with what is left. A model
    whose rows cannot go is logged, and stops no other. Tells how many rows of each went.
    """
    expiring = [one for one in list_retention() if one.expired]
    # Stable: a sale is emptied before what is emptied because of it.
    persons_first = sorted(expiring, key=lambda one: one.days is not None)
    return all(_prune_model(one, tell) for one in persons_first)


def _prune_model(one: Retention, tell: Tell) -> bool:
    """Whether there was time to let all expired rows of a model go."""
    rows, now = 0, timezone.now()
    try:
        while not _is_late():
            with transaction.atomic():
                keys = list_expired(one, at=now)
                _clear(one, keys)
            rows += len(keys)
            if len(keys) < BATCH:
                return True
    except (Error, RestrictedError):
        logger.exception("rows of %s cannot go", one.model)
        return True
    finally:
        tell(one, rows)
    return False


def _clear(one: Retention, keys: list[object]) -> None:
    if keys and one.clear:
        with connection.cursor() as cursor:
            cursor.execute(one.clear, {"keys": keys})
    elif keys:
        apps.get_model(one.model)._base_manager.filter(pk__in=keys).delete()  # noqa: SLF001 - all rows


def _is_late() -> bool:
    left = seconds_left()
    return left is not None and left < _MARGIN_SECONDS
