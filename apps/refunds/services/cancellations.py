"""What was paid for and will not come is granted back without anybody asking."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from django.db import transaction

from apps.orders.models import Order
from apps.orders.types import StopReason
from apps.refunds import rules
from apps.refunds.models import Refund
from apps.refunds.selectors import (
    list_line_accounts,
    money_left,
    price_lines,
    shipping_left,
)
from apps.refunds.services.grants import lock_order, write_refund
from apps.refunds.types import AdjustmentCode, ApprovedLine, PricedLine, RefundKind


@transaction.atomic
def refund_cancelled_order(*, order_id: UUID) -> Refund | None:
    """Grant all that is left of a cancelled order's money, once; None if nothing is.

    What was granted before, as a return or as goodwill, is not granted again.
    """
    order = lock_order(order_id)
    reference = f"cancelled:{order_id}"
    if granted := Refund.objects.filter(reference=reference).first():
        return granted
    money = money_left(order).minor
    if order.paid_at is None or not money:
        return None
    priced = _price(order, units=None)
    *goods, postage = rules.fit(
        wanted=[*(line.amount_minor for line in priced), shipping_left(order).minor], left=money
    )
    return write_refund(
        order,
        reference=reference,
        kind=RefundKind.CANCELLATION,
        lines=[
            rules.at_amount(line, minor=minor) for line, minor in zip(priced, goods, strict=True)
        ],
        shipping_minor=postage,
        goodwill_minor=money - sum(goods) - postage,
        deviation=AdjustmentCode.SHORT,
        reason=order.reason or StopReason.CANCELLED,
    )


@transaction.atomic
def refund_cancelled_units(
    *, order_id: UUID, version: int, units: Mapping[int, int], reason: str
) -> Refund | None:
    """Grant what units (by line id) that will not arrive have cost, once per version of the order.

    None if the order was never paid, or these units went back before.
    """
    order = lock_order(order_id)
    reference = f"units:{order_id}:{version}"
    if granted := Refund.objects.filter(reference=reference).first():
        return granted
    priced = _price(order, units=units)
    if order.paid_at is None or not priced:
        return None
    goods = rules.fit(wanted=[line.amount_minor for line in priced], left=money_left(order).minor)
    return write_refund(
        order,
        reference=reference,
        kind=RefundKind.CANCELLATION,
        lines=[
            rules.at_amount(line, minor=minor) for line, minor in zip(priced, goods, strict=True)
        ],
        deviation=AdjustmentCode.SHORT,
        reason=reason,
    )


def _price(order: Order, *, units: Mapping[int, int] | None) -> Sequence[PricedLine]:
    """What these units, or all that did not go back before, have cost."""
    accounts = [
        # Whether they were struck from the order does not matter here: that is why they are granted.
        msgspec.structs.replace(account, left=account.quantity - account.refunded_units)
        for account in list_line_accounts(order)
    ]
    wanted = (
        (one, one.left if units is None else min(one.left, units.get(one.order_line_id, 0)))
        for one in accounts
    )
    lines = [
        ApprovedLine(order_line_id=account.order_line_id, quantity=count)
        for account, count in wanted
        if count > 0
    ]
    return price_lines(accounts, wanted=lines)
