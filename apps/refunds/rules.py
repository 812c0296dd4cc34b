"""What units that come back are worth, and what is done with them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from apps.core.rules import rounded_share
from apps.refunds.types import PricedLine

MOST_PICTURES = 5
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 16_000_000
LONGEST_SIDE = 2000


def share_of(*, total_minor: int, quantity: int, before: int, units: int) -> int:
    """The part of a line's amount that `units` of its `quantity` are worth, after `before` of them.

    Rounded cumulatively, halves up: however the units come back, in the end the parts add up to the
    line's total.
    """
    upto = rounded_share(total_minor, part=before + units, whole=quantity)
    return upto - rounded_share(total_minor, part=before, whole=quantity)


def fit(*, wanted: Sequence[int], left: int) -> list[int]:
    """The wanted amounts (minor units) as far as the money lasts: the first are served first."""
    fitted = []
    for amount in wanted:
        taken = max(0, min(amount, left))
        fitted.append(taken)
        left -= taken
    return fitted


def at_amount(line: PricedLine, *, minor: int) -> PricedLine:
    """The line giving back another amount, in minor units with tax, and its tax in proportion."""
    tax = line.tax_minor
    if line.amount_minor:
        tax = rounded_share(line.tax_minor, part=minor, whole=line.amount_minor)
    return msgspec.structs.replace(line, amount_minor=minor, tax_minor=min(tax, minor))


def payment_key(*, refund_id: UUID, attempt: int) -> str:
    """What the payment is asked under; a new attempt after a refusal is a new question."""
    return str(refund_id) if attempt == 1 else f"{refund_id}:{attempt}"


def payment_keys(*, refund_id: UUID, attempts: int) -> list[str]:
    """All that the payments were asked under, in as many attempts."""
    return [payment_key(refund_id=refund_id, attempt=one) for one in range(1, attempts + 1)]


def refund_of_key(key: str) -> UUID | None:
    """The refund that was paid under this key, if it was one of ours."""
    try:
        return UUID(key.partition(":")[0])
    except ValueError:
        return None
