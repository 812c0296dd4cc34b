"""What the operators' alarm listens to."""

from apps.core.gateways import record_metric


def report_differences(count: int) -> None:
    """How many differences with a gateway have lasted longer than ten minutes."""
    record_metric(name="PaymentDifferences", value=count)
