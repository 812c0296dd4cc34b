"""What becomes of orders: each story writes one from its placement to its end."""

import json
from collections.abc import Callable
from datetime import timedelta

from apps.notifications.models import Kind
from apps.orders.events import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderRejected,
)
from apps.payments.events import PaymentFailed
from tests.scale import parcels
from tests.scale.desk import CAPTURED, CHANNEL, GATEWAY, PAID, TOLD, Desk
from tests.scale.refunding import Back, pay_back
from tests.scale.sales import Sale

Story = Callable[[Desk, Sale], None]

_TO_PAY = timedelta(days=1)
_DECLINED = "declined by the bank"


def sold_out(desk: Desk, sale: Sale) -> None:
    """Rejected at once: somebody was faster."""
    details = json.dumps({"skus": [sale.lines[0].item.sku]})
    desk.write(sale, "rejected", version=1, at=sale.accepted_at, reason="sold_out", details=details)
    _tell_rejection(desk, sale, version=1, reason="sold_out")


def declined(desk: Desk, sale: Sale) -> None:
    """Rejected by the bank; the goods are free again."""
    at = sale.accepted_at + CAPTURED
    desk.write(sale, "rejected", version=2, at=at, reason="payment_declined")
    desk.place_order(sale)
    desk.reserve(sale, released_at=at)
    total = sale.totals.total_minor
    desk.tables.payments.add(
        *(sale.payment_id, sale.id, sale.buyer.id, "tok_decline", total, 0, 0, 0, "", ""),
        *(at, at, sale.accepted_at, at),
    )
    desk.answer(sale, "authorise", "declined", amount_minor=total, at=at, reason=_DECLINED)
    failed = PaymentFailed(
        payment_id=sale.payment_id,
        reference=sale.id,
        gateway=GATEWAY,
        amount=desk.money(total),
        reason=_DECLINED,
    )
    desk.news.announce(failed, at=at)
    _tell_rejection(desk, sale, version=2, reason="payment_declined")


def awaiting(desk: Desk, sale: Sale) -> None:
    """The bank wants to see the shopper, who has a day from now on."""
    at, total = sale.accepted_at + CAPTURED, sale.totals.total_minor
    pay_by = desk.until + _TO_PAY
    page = f"/demo-bank/{sale.payment_id}/"
    desk.write(sale, "awaiting_payment", version=2, at=at, pay_by=pay_by, action_url=page)
    desk.place_order(sale)
    desk.reserve(sale, expires_at=pay_by)
    desk.tables.payments.add(
        *(sale.payment_id, sale.id, sale.buyer.id, "tok_3ds", total, 0, 0, 0),
        *(desk.bank_reference(sale), page, None, None, sale.accepted_at, at),
    )
    desk.answer(sale, "authorise", "action_required", amount_minor=total, at=at)
    desk.news.announce(
        OrderAwaitingPayment(order_id=sale.id, number=sale.number, version=2, channel=CHANNEL),
        at=at,
    )
    desk.papers.mail(sale, Kind.AWAITING_PAYMENT, at=at + TOLD)


def paid(desk: Desk, sale: Sale) -> None:
    """Paid; fulfilment is at work."""
    at = sale.accepted_at + PAID
    desk.write(sale, "paid", version=2, at=at, paid_at=at)
    desk.place_order(sale)
    desk.reserve(sale)
    desk.pay(sale)
    desk.confirm(sale)
    parcels.request(desk, sale)


def cancelled(desk: Desk, sale: Sale) -> None:
    """Paid, cancelled by the customer within the hour, and paid back."""
    at = sale.accepted_at + timedelta(minutes=40)
    desk.write(
        sale, "cancelled", version=3, at=at, reason="customer", paid_at=sale.accepted_at + PAID
    )
    desk.place_order(sale)
    desk.reserve(sale, released_at=at)
    desk.pay(sale, refunded_minor=sale.totals.total_minor)
    invoice = desk.confirm(sale)
    stopped = OrderCancelled(
        order_id=sale.id, number=sale.number, version=3, channel=CHANNEL, reason="customer"
    )
    desk.news.announce(stopped, at=at)
    desk.papers.mail(sale, Kind.ORDER_CANCELLED, at=at + TOLD)
    parcels.withdraw(desk, sale, at=at, reason="customer")
    back = Back(
        sale=sale,
        id=desk.ids.at(at + TOLD),
        lines=sale.lines,
        at=at + TOLD,
        reason="customer",
        is_cancellation=True,
        invoice=invoice,
    )
    pay_back(desk, back)


def completed(desk: Desk, sale: Sale) -> None:
    """Paid, sent and delivered."""
    _complete(desk, sale, refunded_minor=0)


def returned(desk: Desk, sale: Sale) -> None:
    """Delivered, and the first line of it sent back."""
    lines = sale.lines[:1]
    invoice = _complete(desk, sale, refunded_minor=lines[0].total_minor)
    at = sale.accepted_at + 6 * desk.step
    back = Back(
        sale=sale,
        id=desk.ids.at(at),
        lines=lines,
        at=at,
        reason="unwanted",
        is_cancellation=False,
        invoice=invoice,
    )
    pay_back(desk, back)


def _complete(desk: Desk, sale: Sale, *, refunded_minor: int) -> tuple[str, str]:
    shipped_at = sale.accepted_at + 2 * desk.step
    delivered_at = sale.accepted_at + 4 * desk.step
    paid_at = sale.accepted_at + PAID
    desk.write(sale, "completed", version=3, at=delivered_at, shipped=True, paid_at=paid_at)
    desk.place_order(sale)
    desk.reserve(sale, shipped=True)
    desk.pay(sale, refunded_minor=refunded_minor)
    invoice = desk.confirm(sale)
    parcels.deliver(desk, sale, shipped_at=shipped_at, delivered_at=delivered_at)
    done = OrderCompleted(order_id=sale.id, number=sale.number, version=3, channel=CHANNEL)
    desk.news.announce(done, at=delivered_at + PAID)
    return invoice


def _tell_rejection(desk: Desk, sale: Sale, *, version: int, reason: str) -> None:
    at = sale.accepted_at + PAID
    rejected = OrderRejected(
        order_id=sale.id,
        number=sale.number,
        version=version,
        channel=CHANNEL,
        email=sale.buyer.email,
        cart_id=None,
        cart_version=None,
        reason=reason,
    )
    desk.news.announce(rejected, at=at)
    desk.papers.mail(sale, Kind.ORDER_REJECTED, at=at + TOLD)


# Of fifty orders of which the end is known; and of those of the last days.
PAST = (
    *(sold_out, returned, cancelled, declined, returned, cancelled, returned),
    *(completed,) * 43,
)
RECENT = (awaiting, *(paid,) * 9)
