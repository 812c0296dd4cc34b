"""How far the relay lags behind."""

from datetime import datetime

from apps.core.services import record_metric
from apps.core.types import Metric
from apps.events.selectors import list_lag


def report_lag(*, now: datetime) -> dict[str, int]:
    """Put on record for how many seconds the oldest delivery to each target waits; returns them."""
    lag = {target: int((now - since).total_seconds()) for target, since in list_lag().items()}
    for target, seconds in lag.items():
        record_metric(Metric.DELIVERY_LAG_SECONDS, value=seconds, target=target)
    return lag
