"""Do the levels say what their movements and promises add up to? Reported every night, repaired by people."""

import logging
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from apps.core.services import record_metric, retry_deadlocks, seconds_left
from apps.core.types import Metric
from apps.inventory.errors import DriftStands
from apps.inventory.models import DriftFigure, StockDrift, StockLevel
from apps.inventory.types import Recount

logger = logging.getLogger(__name__)

# How many SKUs are compared in one transaction.
_PIECE = 1_000
# What one piece may take; a run that ends by force stops before.
_PIECE_SECONDS = 20.0
# One statement, hence one moment: nothing that happens meanwhile can look like a difference.
_DIFFERENCES = """
WITH moved AS (
    SELECT sku, warehouse_id, sum(quantity) AS units
    FROM inventory_movement WHERE sku > %(after)s AND sku <= %(upto)s GROUP BY sku, warehouse_id
),
promised AS (
    SELECT sku, warehouse_id, sum(quantity - shipped - backordered) AS in_house,
        sum(backordered) AS backordered
    FROM inventory_reservation
    WHERE released_at IS NULL AND sku > %(after)s AND sku <= %(upto)s GROUP BY sku, warehouse_id
),
level AS (
    SELECT * FROM inventory_stocklevel WHERE sku > %(after)s AND sku <= %(upto)s
)
SELECT sku, warehouse_id, figure.name, figure.recorded, figure.computed
FROM level
FULL JOIN moved USING (sku, warehouse_id)
FULL JOIN promised USING (sku, warehouse_id)
CROSS JOIN LATERAL (VALUES
    ('on_hand', coalesce(level.on_hand, 0), coalesce(moved.units, 0)),
    ('reserved', coalesce(level.reserved, 0), coalesce(promised.in_house, 0)),
    ('backordered', coalesce(level.backordered, 0), coalesce(promised.backordered, 0))
) AS figure (name, recorded, computed)
WHERE figure.recorded <> figure.computed
ORDER BY sku, warehouse_id, figure.name
"""

# The last of the SKUs of a piece: those of levels, and of what has lost its level.
_END_OF_PIECE = """
SELECT max(sku) FROM (
    (SELECT DISTINCT sku FROM inventory_stocklevel WHERE sku > %(after)s ORDER BY sku LIMIT %(count)s)
    UNION
    (SELECT DISTINCT sku FROM inventory_movement WHERE sku > %(after)s ORDER BY sku LIMIT %(count)s)
    UNION
    (SELECT DISTINCT sku FROM inventory_reservation
     WHERE sku > %(after)s AND released_at IS NULL ORDER BY sku LIMIT %(count)s)
    ORDER BY sku LIMIT %(count)s
) AS next
"""

Key = tuple[str, int, str]


def recount(*, after: str = "") -> Recount:
    """Compare every level with its movements and promises, and keep what differs, piece by piece.

    Nothing is repaired; the metric StockDrift tells how much there is to look at. A difference that
    is gone is settled. Begins behind the SKU `after`, and stops in time where the work is ended by force.
    """
    while upto := _end_of_piece(after):
        _recount_piece(after=after, upto=upto)
        after = upto
        left = seconds_left()
        if left is not None and left < _PIECE_SECONDS:
            return Recount(differences=_open_differences(), stopped_at=after)
    # Nothing is left of the SKUs behind the last one, which were different once.
    StockDrift.objects.filter(settled_at=None, sku__gt=after).update(settled_at=timezone.now())
    found = _open_differences()
    if found:
        logger.error("stock drift: %s figures are not what they add up to", found)
    record_metric(Metric.STOCK_DRIFT, value=found)
    return Recount(differences=found, stopped_at="")


def _end_of_piece(after: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_END_OF_PIECE, {"after": after, "count": _PIECE})
        return cursor.fetchone()[0] or ""


def _open_differences() -> int:
    return StockDrift.objects.filter(settled_at=None).count()


@transaction.atomic
def _recount_piece(*, after: str, upto: str) -> None:
    now = timezone.now()
    differences = _differences(after=after, upto=upto)
    open_ = StockDrift.objects.filter(settled_at=None, sku__gt=after, sku__lte=upto)
    known = {
        (drift.sku, drift.warehouse_id, drift.figure): drift
        for drift in open_.select_for_update().order_by("pk")
    }
    _keep(differences, known=known, now=now)
    gone = [drift.pk for key, drift in known.items() if key not in differences]
    StockDrift.objects.filter(pk__in=gone).update(settled_at=now)


def _differences(*, after: str, upto: str) -> dict[Key, tuple[int, int]]:
    """Recorded and computed figure of each difference among the SKUs behind one, up to another."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, {"after": after, "upto": upto})
        return {
            (sku, house, figure): (recorded, int(computed))
            for sku, house, figure, recorded, computed in cursor.fetchall()
        }


def _differences_of(sku: str) -> dict[Key, tuple[int, int]]:
    # SKUs that lie between it and its own beginning are read, too, and left out.
    found = _differences(after=sku[:-1], upto=sku)
    return {key: figures for key, figures in found.items() if key[0] == sku}


def _keep(
    differences: dict[Key, tuple[int, int]], *, known: dict[Key, StockDrift], now: datetime
) -> None:
    fresh: list[StockDrift] = []
    seen_again: list[StockDrift] = []
    for key, (recorded, computed) in differences.items():
        sku, house, figure = key
        drift = known.get(key) or StockDrift(
            sku=sku, warehouse_id=house, figure=figure, found_at=now
        )
        drift.recorded, drift.computed, drift.seen_at = recorded, computed, now
        (seen_again if key in known else fresh).append(drift)
    StockDrift.objects.bulk_create(fresh)
    StockDrift.objects.bulk_update(seen_again, ["recorded", "computed", "seen_at"])


@retry_deadlocks
def adopt_computed(*, drift_id: int, actor_id: int | None) -> bool:
    """Set the figure to what its movements or promises add up to now; False if it is settled already.

    The row keeps who did it. Raises DriftStands where that would promise more than is there.
    """
    drift = StockDrift.objects.get(pk=drift_id)
    level = (
        StockLevel.objects.select_for_update()
        .filter(variant__sku=drift.sku, warehouse=drift.warehouse_id)
        .first()
    )
    drift = StockDrift.objects.select_for_update().get(pk=drift_id)
    if drift.settled_at is not None:
        return False
    found = _differences_of(drift.sku).get((drift.sku, drift.warehouse_id, drift.figure))
    if found is not None:
        if level is None:
            raise DriftStands
        _adopt(level, figure=DriftFigure(drift.figure), computed=found[1])
        drift.recorded, drift.computed = found
    drift.settled_at, drift.settled_by_id = timezone.now(), actor_id
    drift.save(update_fields=["recorded", "computed", "settled_at", "settled_by"])
    return True


def _adopt(level: StockLevel, *, figure: DriftFigure, computed: int) -> None:
    setattr(level, figure, computed)
    if not 0 <= level.reserved <= level.on_hand or level.backordered < 0:
        raise DriftStands
    level.save(update_fields=[figure.value])
