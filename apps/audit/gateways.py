"""Alarms of the checker."""

from apps.core.gateways import record_metric


def raise_alarm(count: int) -> None:
    """Put the number of broken invariants on record as the metric BrokenInvariants, zero too."""
    record_metric(name="BrokenInvariants", value=count)
