"""Do the levels say what their movements and promises add up to? Reported every night, repaired by people."""

import logging
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from apps.core.services import retry_deadlocks
from apps.inventory import gateways
from apps.inventory.errors import DriftStands
from apps.inventory.models import DriftFigure, StockDrift, StockLevel

logger = logging.getLogger(__name__)

# One statement, hence one moment: nothing that happens meanwhile can look like a difference.
_DIFFERENCES = """
WITH moved AS (
    SELECT sku, warehouse_id, sum(quantity) AS units
    FROM inventory_movement GROUP BY sku, warehouse_id
),
promised AS (
    SELECT sku, warehouse_id, sum(quantity - shipped - backordered) AS in_house,
        sum(backordered) AS backordered
    FROM inventory_reservation WHERE released_at IS NULL GROUP BY sku, warehouse_id
)
SELECT sku, warehouse_id, figure.name, figure.recorded, figure.computed
FROM inventory_stocklevel level
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

Key = tuple[str, int, str]


@transaction.atomic
def recount() -> int:
    """Compare every level with its movements and promises, and keep what differs; returns how many do.

    Nothing is repaired; the metric StockDrift tells how much there is to look at. A difference that
    is gone is settled.
    """
    now = timezone.now()
    differences = _differences()
    known = {
        (drift.sku, drift.warehouse_id, drift.figure): drift
        for drift in StockDrift.objects.select_for_update().filter(settled_at=None).order_by("pk")
    }
    _keep(differences, known=known, now=now)
    gone = [drift.pk for key, drift in known.items() if key not in differences]
    StockDrift.objects.filter(pk__in=gone).update(settled_at=now)
    if differences:
        logger.error("stock drift: %s figures are not what they add up to", len(differences))
    gateways.raise_alarm(len(differences))
    return len(differences)


def _differences() -> dict[Key, tuple[int, int]]:
    """Recorded and computed figure of each difference."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return {
            (sku, house, figure): (recorded, int(computed))
            for sku, house, figure, recorded, computed in cursor.fetchall()
        }


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
    found = _differences().get((drift.sku, drift.warehouse_id, drift.figure))
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
