"""What a shopper is promised, and what the shop answers when the promise is taken up."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from apps.core.types import Money
from apps.orders.types import OrderDraft
from apps.pricing.types import Adjustment


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A priced draft that holds until `expires_at`, for its customer or the holder of a secret.

    `version` is its draft's.
    """

    version: int
    draft: OrderDraft
    expires_at: datetime
    holder_digest: str = ""


class SignedQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote and the document that proves the shop made it."""

    quote: Quote
    document: str


class WayToPay(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper names to pay by, and how much of the total, in major units with tax; or what is left of it.

    `attempt` is which payment of an order that is there is meant (`AmountDue.attempt`).
    """

    gateway: str
    token: str
    amount: Decimal | None = None
    attempt: str = ""


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt for an accepted order: its id, its number, and the key to its status."""

    order_id: UUID
    number: str
    status_key: str


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an order, by its event's type."""

    type: str
    occurred_at: datetime


class ShipmentProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel of an order is; `lines` are titles with their quantities."""

    number: str
    status: str
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[tuple[int, str], ...]


class AmountDue(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid next of an order that waits for it, and all that is: by another way if one was declined.

    `attempt` names that payment, so that a repeat of the wish to pay it pays nothing else.
    """

    amount: Money
    all_of_it: Money
    attempt: str
    is_declined: bool


class OrderProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands, as far as the shop can tell right now.

    `was_paid` is what the payments say: an order that was cancelled may have been paid all the same.
    `due` is what the shopper must find a way to pay for until `pay_by`; `held` is what banks hold for it already.
    """

    order_id: UUID
    number: str
    status: str
    reason: str = ""
    reason_details: dict[str, object] = {}
    total: Money | None = None
    adjustments: tuple[Adjustment, ...] = ()
    action_url: str = ""
    was_paid: bool = False
    on_account: bool = False
    customer_id: int | None = None
    due: AmountDue | None = None
    held: Money | None = None
    pay_by: datetime | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    shipments: tuple[ShipmentProgress, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether nothing of the order will change any more."""
        return self.status in {"completed", "rejected", "cancelled"}

    @property
    def steps_done(self) -> int:
        """How many of the five steps are behind the order: taken, set aside, paid, sent, delivered."""
        if self.status == "completed":
            return 5
        if self.status == "paid":
            return 4 if any(one.status in {"shipped", "delivered"} for one in self.shipments) else 3
        return 1 if self.status == "accepted" else 2

    @property
    def is_awaited(self) -> bool:
        """Whether somebody may sit before the page and wait: not for a parcel that travels for days."""
        return not self.is_settled and self.steps_done < 4

    @property
    def standing(self) -> str:
        """Changes whenever there is something new to tell."""
        parcels = [f".{one.status}" for one in self.shipments]
        return f"{self.status}-{len(self.timeline)}{''.join(parcels)}"

    @property
    def seconds_to_news(self) -> int:
        """When it is worth while to ask again: soon while a machine is at work, later while people are."""
        return 30 if self.status in {"paid", "awaiting_approval"} else 2
