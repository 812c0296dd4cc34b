"""Decisions about money at a payment provider."""

from apps.payments.types import GatewayAnswer, LedgerView, Outcome


def has_moved(answer: GatewayAnswer, *, ledger: LedgerView) -> bool:
    """Whether a gateway says of a payment what our ledger should know, or end, and does not yet."""
    if answer.refunded_minor > ledger.refunded_minor:
        return True
    if ledger.captured_minor or answer.captured_minor:
        return not ledger.captured_minor
    match answer.outcome:
        case Outcome.SUCCEEDED:
            return not ledger.authorised_minor or ledger.closed_at is not None
        case Outcome.DECLINED:
            return ledger.closed_at is None
        case _:
            return False
