"""What orders announces. `version` grows with each change; consumers ignore an older one."""

import msgspec

from apps.core.types import Address, Money
from apps.events.types import Event


class OrderLineFact(msgspec.Struct, frozen=True, kw_only=True):
    """A line as downstream systems need it: what it comes to before adjustments, and what is paid for it.

    Tax as the market says. `paid` is missing in events from before it was announced.
    """

    sku: str
    title: str
    quantity: int
    amount: Money
    paid: Money | None = None


class OrderPlaced(Event, frozen=True, kw_only=True):
    """An order was written and its stock reserved; it is not paid yet."""

    type = "orders.order.placed.v1"
    subject = "order_id"
    public = True
    personal = frozenset({"email"})

    order_id: str
    number: str
    version: int
    channel: str
    customer_id: int | None
    cart_id: str | None
    cart_version: int | None
    total: Money
    email: str = ""


class OrderAwaitingPayment(Event, frozen=True, kw_only=True):
    """Money is still to be found: a bank wants to see the shopper, or another way to pay is needed."""

    type = "orders.order.awaiting_payment.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str


class OrderAwaitingApproval(Event, frozen=True, kw_only=True):
    """The money is held; a manager must agree before it is taken."""

    type = "orders.order.awaiting_approval.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str


class OrderApproved(Event, frozen=True, kw_only=True):
    """A manager agreed: the money may be taken."""

    type = "orders.order.approved.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str


class OrderPaid(Event, frozen=True, kw_only=True):
    """The money is there: the goods may leave."""

    type = "orders.order.paid.v1"
    subject = "order_id"
    public = True
    personal = frozenset({"email", "address"})

    order_id: str
    number: str
    version: int
    channel: str
    customer_id: int | None
    shipping_method: str
    lines: tuple[OrderLineFact, ...]
    total: Money
    tax: Money
    email: str = ""
    address: Address | None = None


class OrderRejected(Event, frozen=True, kw_only=True):
    """An accepted order could not become one; `reason` says why."""

    type = "orders.order.rejected.v1"
    subject = "order_id"
    public = True
    personal = frozenset({"email"})

    order_id: str
    number: str
    version: int
    channel: str
    cart_id: str | None
    cart_version: int | None
    reason: str
    email: str = ""


class OrderCancelled(Event, frozen=True, kw_only=True):
    """An order was stopped; its stock is free again."""

    type = "orders.order.cancelled.v1"
    subject = "order_id"
    public = True

    order_id: str
    number: str
    version: int
    channel: str
    reason: str


class UnitsCancelled(Event, frozen=True, kw_only=True):
    """Units of a paid order will never arrive; the rest of it goes on. `lines` maps line to quantity."""

    type = "orders.order.units_cancelled.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str
    reason: str
    lines: dict[str, int]


class OrderCompleted(Event, frozen=True, kw_only=True):
    """All that was not cancelled has been delivered."""

    type = "orders.order.completed.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str


class PaymentDue(Event, frozen=True, kw_only=True):
    """The order is written, and a gateway that may answer late is to be asked for its money."""

    type = "orders.payment.fell_due.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str


class PaymentReturnDue(Event, frozen=True, kw_only=True):
    """Money is held or was taken for an order that will not be; it goes back."""

    type = "orders.payment.return_fell_due.v1"
    subject = "order_id"

    order_id: str
    number: str
    version: int
    channel: str
