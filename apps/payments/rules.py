"""Decisions about money at a payment provider."""

from collections.abc import Sequence

from apps.payments.types import GatewayAnswer, LedgerView, Outcome, PaymentView, Standing

# Who tries more cards than that on one order is trying out cards.
MOST_ATTEMPTS = 10


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


def standing_of(payments: Sequence[PaymentView], *, total_minor: int) -> Standing:
    """How far the payments of an order have come; the total and all amounts are in minor units, tax included.

    Only live payments count: what another attempt holds or took is not the order's, and goes back.
    """
    live = [one for one in payments if one.closed_at is None]
    paid_for = {one.share for one in live}
    # The amount of a share is that of any of its attempts.
    ended = {one.share: one.amount_minor for one in payments if one.share not in paid_for}
    newest = {one.share: one for one in sorted(payments, key=lambda one: one.attempt)}
    due = total_minor - sum(one.amount_minor for one in live)
    waiting = [one for one in live if one.amount_minor and not one.authorised_minor]
    pages = [one.action_url for one in sorted(waiting, key=_share_of) if one.action_url]
    return Standing(
        held_minor=sum(one.authorised_minor for one in live),
        captured_minor=sum(one.captured_minor for one in live),
        refunded_minor=sum(one.refunded_minor for one in live),
        due_minor=due,
        next_due_minor=ended[min(ended)] if ended else due,
        is_declined=bool(ended),
        is_under_way=any(not one.action_url for one in waiting),
        is_on_account=any(one.is_on_account for one in newest.values()),
        action_url=pages[0] if pages else "",
    )


def _share_of(payment: PaymentView) -> int:
    return payment.share


def split(amount_minor: int, *, left: Sequence[int]) -> list[int]:
    """How much of an amount goes back by each payment, of which so much is left: the first are used up first."""
    parts = []
    for one in left:
        part = min(amount_minor, one)
        parts.append(part)
        amount_minor -= part
    return parts


def gives_way(payment: PaymentView) -> bool:
    """Whether another attempt may take the place of a live one: it only waits for the shopper."""
    return not payment.authorised_minor and payment.action_url != ""
