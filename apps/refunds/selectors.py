"""Questions about what may go back, and what did."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet, Sum

from apps.core.types import Money
from apps.orders.models import Order, OrderLine
from apps.orders.types import OrderStatus
from apps.payments.selectors import get_standing
from apps.pricing.selectors import seller_in
from apps.refunds import rules
from apps.refunds.errors import MoreThanShipping, NothingLeftToReturn
from apps.refunds.models import Refund, RefundLine, RefundRequest, RefundRequestLine
from apps.refunds.types import (
    ApprovedLine,
    AskedLine,
    LineAccount,
    PricedLine,
    RefundKind,
    RefundPreview,
    RequestState,
)

# An order in one of these states was paid, and was not stopped.
_SOLD = frozenset({OrderStatus.PAID, OrderStatus.COMPLETED})


def list_requests(order_id: UUID) -> QuerySet[RefundRequest]:
    """What was asked for an order, newest first, with lines and refunds."""
    requests = RefundRequest.objects.filter(order=order_id).select_related("refund", "order")
    return requests.prefetch_related("lines__order_line").order_by("-created_at", "-pk")


def list_refunds(order_id: UUID) -> QuerySet[Refund]:
    """What was granted for an order, newest first, with its lines."""
    refunds = Refund.objects.filter(order=order_id).prefetch_related("lines__order_line")
    return refunds.order_by("-created_at", "-pk")


def find_refund(refund_id: UUID) -> Refund | None:
    """A granted refund with its order and lines."""
    refunds = Refund.objects.select_related("order").prefetch_related("lines__order_line")
    return refunds.filter(pk=refund_id).first()


def find_request(request_id: UUID) -> RefundRequest | None:
    """A request with its order and lines."""
    requests = RefundRequest.objects.select_related("order")
    return requests.prefetch_related("lines__order_line").filter(pk=request_id).first()


def is_returnable(order: Order) -> bool:
    """Whether goods of the order can go back at all: it was paid and not stopped."""
    return order.status in _SOLD and order.paid_at is not None


def return_address(*, market: str) -> tuple[str, ...]:
    """Where goods that were sold in a market and come back are to be sent, line by line."""
    seller = seller_in(market)
    return (seller.name, *seller.address)


def money_left(order: Order) -> Money:
    """What of the order's money has neither been sent back nor granted."""
    standing = get_standing(order.pk, total=order.total)
    gone = max(_granted(order), standing.refunded_minor)
    return Money(max(0, standing.captured_minor - gone), order.currency)


def shipping_left(order: Order) -> Money:
    """What of the order's shipping, tax included, has not been granted back."""
    lines = list(order.lines.order_by("position"))
    paid = order.total_minor - sum(line_totals(order, lines))
    granted = Refund.objects.filter(order=order).aggregate(sum=Sum("shipping_minor"))["sum"] or 0
    return Money(max(0, paid - granted), order.currency)


def shipping_tax(order: Order, *, amount_minor: int, before: UUID | None = None) -> int:
    """The tax in an amount of the order's shipping that goes back after others, in minor units.

    Without `before` it goes back now, else with that refund. However the shipping goes back, in the
    end the parts add up to its tax.
    """
    lines = list(order.lines.all())
    paid = order.total_minor - sum(line_totals(order, lines))
    tax = order.tax_minor - sum(line.tax_minor for line in lines)
    if paid <= 0:
        return 0
    earlier = Refund.objects.filter(order=order)
    if before:
        earlier = earlier.filter(pk__lt=before)
    gone = earlier.aggregate(sum=Sum("shipping_minor"))["sum"] or 0
    return rules.share_of(total_minor=tax, quantity=paid, before=gone, units=amount_minor)


def list_line_accounts(order: Order, *, besides: UUID | None = None) -> list[LineAccount]:
    """Each line of the order with what of it came back and may; `besides` leaves a request out."""
    lines = sorted(order.lines.all(), key=lambda line: line.position)
    granted = _granted_by_line(lines)
    waiting = RefundRequestLine.objects.filter(
        order_line__in=lines, request__state=RequestState.REQUESTED
    ).exclude(request=besides)
    asked = dict(waiting.values_list("order_line").annotate(Sum("quantity")))
    return [
        _account_of(
            line,
            total_minor=total,
            granted=granted.get(line.pk, _Granted()),
            asked=asked.get(line.pk, 0),
        )
        for line, total in zip(lines, line_totals(order, lines), strict=True)
    ]


def price_lines(
    accounts: Sequence[LineAccount], *, wanted: Sequence[ApprovedLine]
) -> tuple[PricedLine, ...]:
    """What was paid for the wanted units, in minor units with tax.

    Raises NothingLeftToReturn.
    """
    by_line = {account.order_line_id: account for account in accounts}
    before = {account.order_line_id: account.refunded_units for account in accounts}
    left = {account.order_line_id: account.left for account in accounts}
    priced = []
    for line in wanted:
        if line.quantity < 1 or line.order_line_id not in by_line:
            raise NothingLeftToReturn(order_line_id=line.order_line_id, left=0)
        account = by_line[line.order_line_id]
        if line.quantity > left[account.order_line_id]:
            raise NothingLeftToReturn(sku=account.sku, left=left[account.order_line_id])
        priced.append(_price(account, line, before=before[account.order_line_id]))
        before[account.order_line_id] += line.quantity
        left[account.order_line_id] -= line.quantity
    return tuple(priced)


def preview_refund(
    *,
    order: Order,
    lines: Sequence[ApprovedLine],
    shipping_minor: int = 0,
    goodwill_minor: int = 0,
) -> RefundPreview:
    """What a refund would come to, tax included. Raises NothingLeftToReturn, MoreThanShipping."""
    priced = price_lines(list_line_accounts(order), wanted=lines)
    postage = shipping_left(order)
    if not 0 <= shipping_minor <= postage.minor:
        raise MoreThanShipping(left_minor=postage.minor)
    tax = sum(line.tax_minor for line in priced)
    tax += shipping_tax(order, amount_minor=shipping_minor)
    total = sum(line.amount_minor for line in priced) + shipping_minor + goodwill_minor
    return RefundPreview(
        lines=priced,
        shipping=Money(shipping_minor, order.currency),
        shipping_left=postage,
        goodwill=Money(goodwill_minor, order.currency),
        tax=Money(tax, order.currency),
        total=Money(total, order.currency),
        cap=money_left(order),
    )


def _price(account: LineAccount, line: ApprovedLine, *, before: int) -> PricedLine:
    amount, tax = (
        rules.share_of(
            total_minor=total, quantity=account.quantity, before=before, units=line.quantity
        )
        for total in (account.total_minor, account.tax_minor)
    )
    return PricedLine(
        order_line_id=account.order_line_id,
        sku=account.sku,
        title=account.title,
        quantity=line.quantity,
        paid_minor=amount,
        amount_minor=amount,
        # Of a line of a few pence, the rounding of its tax may run ahead of that of its units.
        tax_minor=min(tax, amount),
        restock=line.restock and account.stocked,
    )


def line_totals(order: Order, lines: Sequence[OrderLine]) -> list[int]:
    """What was paid for each line, in minor units with tax."""
    return [line.paid_minor + (0 if order.tax_included else line.tax_minor) for line in lines]


class _Granted(msgspec.Struct, frozen=True):
    """What was granted for a line; `cancelled` of the units were never to arrive."""

    units: int = 0
    minor: int = 0
    cancelled: int = 0


def _granted_by_line(lines: Sequence[OrderLine]) -> Mapping[int, _Granted]:
    cancelled = Q(refund__kind=RefundKind.CANCELLATION)
    rows = (
        RefundLine.objects.filter(order_line__in=lines)
        .values_list("order_line")
        .annotate(
            Sum("quantity"),
            Sum("amount_minor"),
            cancelled=Sum("quantity", filter=cancelled, default=0),
        )
    )
    return {line: _Granted(*figures) for line, *figures in rows}


def _account_of(line: OrderLine, *, total_minor: int, granted: _Granted, asked: int) -> LineAccount:
    # Units that will not arrive count as gone before their refund is written.
    awaited = max(0, line.cancelled_quantity - granted.cancelled)
    return LineAccount(
        order_line_id=line.pk,
        sku=line.sku,
        title=line.title,
        options=line.options,
        quantity=line.quantity,
        shipped=line.shipped_quantity,
        total_minor=total_minor,
        tax_minor=line.tax_minor,
        refunded_units=granted.units,
        refunded_minor=granted.minor,
        returned=granted.units - granted.cancelled,
        left=max(0, line.quantity - granted.units - awaited),
        asked=asked,
        stocked=line.stocked,
    )


def _granted(order: Order) -> int:
    return Refund.objects.filter(order=order).aggregate(sum=Sum("amount_minor"))["sum"] or 0


def lines_of_skus(order: Order, *, asked: Sequence[Mapping[str, Any]]) -> list[AskedLine]:
    """The order's lines behind what an API names by SKU; of two lines the one with more units left.

    Raises NothingLeftToReturn for a SKU that the order does not have.
    """
    accounts = sorted(list_line_accounts(order), key=lambda one: one.free)
    by_sku = {one.sku: one.order_line_id for one in accounts}
    for one in asked:
        if one["sku"] not in by_sku:
            raise NothingLeftToReturn(sku=one["sku"], left=0)
    return [
        AskedLine(order_line_id=by_sku[one["sku"]], quantity=one["quantity"], reason=one["reason"])
        for one in asked
    ]
