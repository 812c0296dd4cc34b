"""What gateways and the shop say to each other."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from apps.core.types import MinorUnits, Money, Text20, Text255


class TransactionKind(StrEnum):
    """What a movement of money does."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    ACTION_REQUIRED = "action_required"


MOST_SHARES = 4


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an order's total, tax included, in minor units of its currency, and by which way it is paid."""

    gateway: Text20
    token: Text255
    amount_minor: MinorUnits


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far the payments of an order have come, in minor units.

    `held_minor` is what live payments have authorised, `captured_minor` of that what they took,
    `refunded_minor` of that what went back. `due_minor` is what no live payment is to bring: shares whose
    attempts all ended, and what the shares never covered; `next_due_minor` is the part of it that is to be
    paid next, nothing while a page or a gateway comes first. `next_attempt` (as `share.attempt`) is the
    payment that may begin now, of `next_attempt_minor`: of what is due, or in place of one whose shopper is
    still waited for; none while a gateway has not answered (`under_way`). `is_declined`: an attempt ended, and
    none follows it yet. `action_url` is where the shopper must go, if a bank wants to see them.
    `is_on_account`: the newest attempt at some share is on net terms.
    """

    held_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    due_minor: int = 0
    next_due_minor: int = 0
    next_attempt: str = ""
    next_attempt_minor: int = 0
    under_way: str = ""
    is_declined: bool = False
    is_on_account: bool = False
    action_url: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether a gateway has not answered yet."""
        return self.under_way != ""

    @property
    def left_minor(self) -> int:
        """What was taken and is not given back, in minor units."""
        return self.captured_minor - self.refunded_minor


class RefundProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Of what was asked to go back, in minor units: what has gone and did not return, and of what nobody knows
    yet whether it goes.
    """

    sent_minor: int
    open_minor: int


class GatewayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway answered; the same key always gets the same answer.

    `captured_minor` and `refunded_minor` are what the gateway has taken and given back so far, where
    it says so. `reason` is for staff, at most 200 characters; shoppers read that the payment was
    declined, in their language. `action_url` is where a shopper must confirm, with ACTION_REQUIRED.
    """

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    action_url: str = ""
    captured_minor: int = 0
    refunded_minor: int = 0


class GatewayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money asked of a gateway. `key` makes a repeat harmless.

    `return_url` is where a page of the gateway's sends the shopper's browser back to.
    """

    key: str
    amount: Money
    kind: TransactionKind = TransactionKind.AUTHORISE
    token: str = ""
    reference: str = ""
    payment_id: str = ""
    payer_id: int | None = None
    opened_at: datetime | None = None
    return_url: str = ""


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


class PaymentView(LedgerView, Protocol):
    """What tells how a payment stands: its share, its amount, and the page where a shopper is waited for."""

    share: int
    attempt: int
    amount_minor: int
    action_url: str

    @property
    def is_on_account(self) -> bool:
        """Whether it is owed on net terms."""
        ...


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


class CheckoutOption(msgspec.Struct, frozen=True, kw_only=True):
    """How a payment provider offers itself on the checkout page.

    `template` is a piece of the page's form with at least one radio button `payment_method`, whose value
    is the provider's name, or `name:choice`. `can_pay` is False where the way is shown but closed.
    `form` holds what the shopper typed wrongly (a Django form with errors).
    """

    template: str
    context: Mapping[str, Any]
    can_pay: bool = True
    form: Any = None
