"""Alarms of the recount."""

from apps.core.gateways import record_metric


def raise_alarm(count: int) -> None:
    """Put the number of figures that drifted on record as the metric StockDrift, zero too."""
    record_metric(name="StockDrift", value=count)
