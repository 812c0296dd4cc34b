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
    live = {one.share: one for one in payments if one.closed_at is None}
    # The amount of a share is that of any of its attempts, and the newest has the highest number.
    newest = {one.share: one for one in sorted(payments, key=lambda one: one.attempt)}
    unheld = [one for share, one in sorted(newest.items()) if not _is_held(live.get(share))]
    waiting = [one for share, one in sorted(live.items()) if not _is_held(one)]
    due = total_minor - sum(one.amount_minor for one in live.values())
    first = unheld[0] if unheld else None
    under_way = first if first in waiting and not gives_way(first) else None
    ended = [one for one in unheld if one.share not in live]
    next_attempt, next_minor = "", 0
    if first is None and due:
        next_attempt, next_minor = f"{len(newest)}.1", due
    elif first is not None and under_way is None:
        next_attempt, next_minor = f"{first.share}.{first.attempt + 1}", first.amount_minor
    return Standing(
        held_minor=sum(one.authorised_minor for one in live.values()),
        captured_minor=sum(one.captured_minor for one in live.values()),
        refunded_minor=sum(one.refunded_minor for one in live.values()),
        due_minor=due,
        next_due_minor=next_minor if first is None or first in ended else 0,
        next_attempt=next_attempt,
        next_attempt_minor=next_minor,
        under_way=name_of(under_way) if under_way else "",
        is_declined=bool(ended),
        is_on_account=any(one.is_on_account for one in newest.values()),
        action_url=next((one.action_url for one in waiting if one.action_url), ""),
    )


def name_of(payment: PaymentView) -> str:
    """Which attempt at which share a payment is, as `share.attempt`."""
    return f"{payment.share}.{payment.attempt}"


def _is_held(payment: PaymentView | None) -> bool:
    """Whether a share's live payment holds its amount; of nothing there is nothing to hold."""
    return payment is not None and payment.authorised_minor == payment.amount_minor


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
