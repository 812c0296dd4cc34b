"""What each change of an order says to the world. All run in the transaction of the change."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from apps.core.services import record_metric
from apps.core.types import Metric
from apps.events.services import publish
from apps.orders.events import (
    OrderApproved,
    OrderAwaitingApproval,
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderLineFact,
    OrderPaid,
    OrderPlaced,
    OrderRejected,
    PaymentDue,
    PaymentReturnDue,
    UnitsCancelled,
)
from apps.orders.models import Order, OrderLine


def announce_placed(order: Order) -> None:
    """Say that the order is written and its stock reserved; the total contains the tax."""
    publish(
        OrderPlaced(
            **_about(order),
            **_cart_of(order),
            customer_id=order.customer_id,
            total=order.total,
        )
    )


def announce_awaiting_payment(order: Order) -> None:
    """Say that money is still to be found, by the shopper."""
    publish(OrderAwaitingPayment(**_about(order)))


def announce_awaiting_approval(order: Order) -> None:
    """Say that the money is held, and a manager must agree before it is taken."""
    publish(OrderAwaitingApproval(**_about(order)))


def announce_approved(order: Order, *, actor_id: int) -> None:
    """Say that a manager, the actor, has agreed to the order."""
    publish(OrderApproved(**_about(order)), actor_id=actor_id)


def announce_paid(order: Order, *, lines: Sequence[OrderLine]) -> None:
    """Say that the order's money is taken, or owed on account, and what it is for.

    Amounts of lines are before their adjustments, tax as the market says; the total contains the tax.
    """
    facts = tuple(
        OrderLineFact(
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            amount=line.amount,
            paid=line.paid,
        )
        for line in lines
    )
    publish(
        OrderPaid(
            **_about(order),
            customer_id=order.customer_id,
            shipping_method=order.shipping_method,
            lines=facts,
            total=order.total,
            tax=order.tax,
        )
    )


def announce_payment_due(order: Order) -> None:
    """Have a gateway that may answer late be asked for the money."""
    publish(PaymentDue(**_about(order)))


def announce_payment_return_due(order: Order) -> None:
    """Have that money given back which an order holds or took that will not be."""
    publish(PaymentReturnDue(**_about(order)))


def announce_rejected(order: Order) -> None:
    """Say that the order cannot be, for the reason that stands on it."""
    publish(OrderRejected(**_about(order), **_cart_of(order), reason=order.reason))
    transaction.on_commit(
        lambda: record_metric(Metric.ORDERS_REJECTED, reason=order.reason), robust=True
    )


def announce_cancelled(order: Order, *, actor_id: int | None) -> None:
    """Say that the order was stopped, for the reason that stands on it."""
    publish(OrderCancelled(**_about(order), reason=order.reason), actor_id=actor_id)


def announce_units_cancelled(
    order: Order, *, quantities: Mapping[int, int], reason: str, actor_id: int | None
) -> None:
    """Say that some units (by line id) will never arrive; the rest of the order goes on."""
    lines = {str(line_id): quantity for line_id, quantity in quantities.items()}
    publish(UnitsCancelled(**_about(order), reason=reason, lines=lines), actor_id=actor_id)


def announce_completed(order: Order) -> None:
    """Say that all that was not cancelled has been delivered."""
    publish(OrderCompleted(**_about(order)))


def _about(order: Order) -> dict[str, Any]:
    return {
        "order_id": str(order.id),
        "number": order.number,
        "version": order.version,
        "channel": order.channel,
    }


def _cart_of(order: Order) -> dict[str, Any]:
    return {
        "cart_id": str(order.cart_id) if order.cart_id else None,
        "cart_version": order.cart_version,
    }
