"""How an order's total is shared out among ways to pay."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NoReturn

from apps.checkout.types import WayToPay
from apps.core.errors import InvalidInput
from apps.core.types import Money, exponent_of
from apps.payments.types import MOST_SHARES, Share

_MESSAGES = {
    "count": "Name one way to pay at least, and four at most.",
    "rest": "Only the last way to pay may be without an amount: it takes what is left.",
    "nothing": "Each amount must be above zero.",
    "too_much": "The amounts come to more than the total.",
    "parts": "An amount has more decimals than its currency.",
}


def share_out(ways: Sequence[WayToPay], *, total: Money) -> tuple[Share, ...]:
    """Give each way to pay its share of a total, tax included; one without an amount takes the rest.

    The amounts may come to less: then the rest is to be paid later. Raises InvalidInput.
    """
    if not 1 <= len(ways) <= MOST_SHARES:
        _refuse("count")
    named = [(way, _minor(way.amount, currency=total.currency)) for way in ways]
    if any(minor is None for _, minor in named[:-1]):
        _refuse("rest")
    rest = total.minor - sum(minor or 0 for _, minor in named)
    if rest < 0:
        _refuse("too_much")
    shares = tuple(
        Share(gateway=way.gateway, token=way.token, amount_minor=rest if minor is None else minor)
        for way, minor in named
    )
    if total.minor and min(share.amount_minor for share in shares) <= 0:
        _refuse("nothing")
    return shares


def _minor(amount: Decimal | None, *, currency: str) -> int | None:
    if amount is None:
        return None
    minor = amount.scaleb(exponent_of(currency))
    if minor != int(minor):
        _refuse("parts")
    return int(minor)


def _refuse(what: str) -> NoReturn:
    raise InvalidInput(errors={"payments": [_MESSAGES[what]]})
