"""What an order may become, and whether a request can be believed."""

from enum import StrEnum

from apps.core.rules import digest_of
from apps.core.types import Money
from apps.orders.errors import IllegalTransition, MalformedRequest
from apps.orders.types import OrderDraft


class OrderStatus(StrEnum):
    PLACED = "placed"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


_NEXT = {
    OrderStatus.PLACED: {
        OrderStatus.AWAITING_PAYMENT,
        OrderStatus.PAID,
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
    },
    OrderStatus.AWAITING_PAYMENT: {
        OrderStatus.PAID,
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
    },
    OrderStatus.PAID: {OrderStatus.CANCELLED},
    OrderStatus.REJECTED: set(),
    OrderStatus.CANCELLED: set(),
}


def sources_of(target: OrderStatus) -> list[OrderStatus]:
    """The states from which an order may become `target`."""
    return [source for source, targets in _NEXT.items() if target in targets]


def check_transition(*, current: str, target: OrderStatus) -> None:
    """Refuse a step that the state machine does not know. Raises IllegalTransition."""
    if current not in sources_of(target):
        raise IllegalTransition(current=current, target=target.value)


def check_draft(draft: OrderDraft) -> None:
    """Refuse a draft whose figures cannot all be true. Raises MalformedRequest."""
    totals = draft.totals
    sum_of_parts = (
        totals.lines_minor + totals.shipping_minor + totals.tax_minor - totals.discount_minor
    )
    if sum_of_parts != totals.total_minor:
        msg = f"parts add up to {Money(sum_of_parts, draft.currency)}, not {draft.total}"
        raise MalformedRequest(msg)
    if totals.total_minor < 0 or any(line.quantity < 1 for line in draft.lines):
        msg = "amounts and quantities must not be negative"
        raise MalformedRequest(msg)


def fingerprint(*, gateway: str, payment_token: str) -> str:
    """What tells two placements of the same quote apart."""
    return digest_of(text=f"{gateway}\n{payment_token}")
