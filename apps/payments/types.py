"""What gateways and the shop say to each other."""

from enum import StrEnum

import msgspec

from apps.core.types import Money


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    ACTION_REQUIRED = "action_required"


class GatewayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway answered; the same key always gets the same answer."""

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    action_url: str = ""


class GatewayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money asked of a gateway. `key` makes a repeat harmless."""

    key: str
    amount: Money
    token: str = ""
    reference: str = ""
    payment_id: str = ""


class FakeToken(msgspec.Struct, frozen=True):
    """A payment token of the fake gateway and what it makes happen."""

    token: str
    label: str


SUCCESS, DECLINE, TIMEOUT, SHOPPER = "tok_success", "tok_decline", "tok_timeout", "tok_3ds"

FAKE_TOKENS = (
    FakeToken(SUCCESS, "pays at once"),
    FakeToken(DECLINE, "is declined by the bank"),
    FakeToken(TIMEOUT, "takes the money but answers too late; the shop finds out by itself"),
    FakeToken(SHOPPER, "asks the shopper to confirm on the bank's page"),
)
