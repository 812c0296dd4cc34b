"""The figures of payments, and what the operators' alarm listens to."""

from apps.core.gateways import record_metric


def report_discrepancies(count: int) -> None:
    """How many discrepancies with a payment provider have lasted longer than ten minutes."""
    record_metric(name="PaymentDiscrepancies", value=count)


def report_answer(*, step: str, outcome: str) -> None:
    """A payment provider has answered one step of a payment: `authorise` or `capture`."""
    record_metric(name="PaymentAnswers", value=1, answer=f"{step}-{outcome}")
