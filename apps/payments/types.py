"""What gateways and the shop say to each other."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from apps.core.types import Money


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    ACTION_REQUIRED = "action_required"


class GatewayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway answered; the same key always gets the same answer.

    `captured_minor` and `refunded_minor` are what the gateway has taken and given back so far, where
    it says so.
    """

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    action_url: str = ""
    captured_minor: int = 0
    refunded_minor: int = 0


class GatewayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money asked of a gateway. `key` makes a repeat harmless."""

    key: str
    amount: Money
    kind: str = ""
    token: str = ""
    reference: str = ""
    payment_id: str = ""
    payer_id: int | None = None
    opened_at: datetime | None = None


class GatewayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in a gateway's own books; `answer` tells how it stands."""

    payment_id: str
    reference: str
    amount: Money
    opened_at: datetime
    answer: GatewayAnswer


class LedgerView(Protocol):
    """What our ledger says of a payment, as far as it can be compared."""

    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    closed_at: datetime | None


class NewsKind(StrEnum):
    """What a gateway's message is about: how a payment stands, or something that befell it."""

    STANDING = "standing"
    DISPUTE = "dispute"
    REFUND_FAILED = "refund_failed"
    OTHER = "other"


class GatewayNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway has sent by itself, in the shop's words.

    News of a standing without an `answer` only says that the gateway should be asked.
    """

    event_id: str
    type: str
    kind: NewsKind = NewsKind.OTHER
    payment_id: str = ""
    reference: str = ""
    answer: GatewayAnswer | None = None
    amount: Money | None = None
    refund_key: str = ""
    reason: str = ""


class FakeToken(msgspec.Struct, frozen=True):
    """A payment token of the fake gateway and what it makes happen."""

    token: str
    label: str


# The gateway that sells on net terms: its shoppers owe what they bought.
ON_ACCOUNT = "account"
LONGEST_PURCHASE_ORDER = 40

# The one "token" of a gateway whose shoppers pay on its own page.
HOSTED_PAGE = "hosted"

SUCCESS, DECLINE, TIMEOUT, SHOPPER = "tok_success", "tok_decline", "tok_timeout", "tok_3ds"

FAKE_TOKENS = (
    FakeToken(SUCCESS, "pays at once"),
    FakeToken(DECLINE, "is declined by the bank"),
    FakeToken(TIMEOUT, "takes the money but answers too late; the shop finds out by itself"),
    FakeToken(SHOPPER, "asks the shopper to confirm on the bank's page"),
)

# Amounts of the fake gateway, in minor units, that force what happens after the hold. They are far from
# what anybody buys by accident; for a refund, the amount refunded counts.
CAPTURE_REFUSED, REFUND_REFUSED = 999_901, 999_902
CAPTURE_LATE, REFUND_LATE, VOID_LATE = 999_903, 999_904, 999_905
