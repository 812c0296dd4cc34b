"""Requests as checkout puts them on the queue."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from apps.core.models import new_id
from apps.core.types import Address
from apps.orders.models import Order
from apps.orders.rules import fingerprint
from apps.orders.services import expire_unpaid_orders, process_order
from apps.orders.types import DRAFT_VERSION, DraftLine, OrderDraft, OrderRequest
from apps.payments.types import Share
from apps.pricing.rules import quote
from apps.pricing.types import Adjustment, AdjustmentScope, LineToPrice, ShippingToPrice
from tests.factories.accounts import UserFactory
from tests.factories.payments import make_credit_account, share_of

LONDON = Address(
    name="Ada Byron", line1="12 St James's Square", city="London", postcode="SW1Y 4JH", country="GB"
)


def adjustment(minor: int, **fields: Any) -> Adjustment:
    """Something taken off an order, or added, under a name."""
    defaults: dict[str, Any] = {
        "code": "summer",
        "label": "Summer sale",
        "scope": AdjustmentScope.ORDER,
        "source": "promotion:12",
    }
    return Adjustment(**{**defaults, "amount_minor": minor, **fields})


def make_draft(
    *,
    lines: dict[str, int],
    price: str = "4.20",
    list_price: str = "",
    adjustments: Sequence[Adjustment] = (),
    on_lines: Sequence[Adjustment] = (),
    on_shipping: Sequence[Adjustment] = (),
    tax_included: bool = True,
    **fields: Any,
) -> OrderDraft:
    """A draft that adds up: each SKU at the same price, 20 % tax, shipping 3.95; `on_lines` for each line."""
    listed = Decimal(list_price or price)
    to_price = [
        LineToPrice(
            quantity=quantity,
            list_price=listed,
            unit_price=Decimal(price),
            tax_rate=Decimal("0.2"),
            adjustments=tuple(on_lines),
        )
        for quantity in lines.values()
    ]
    priced = quote(
        lines=to_price,
        shipping=ShippingToPrice(
            amount_minor=395, tax_rate=Decimal("0.2"), adjustments=tuple(on_shipping)
        ),
        adjustments=adjustments,
        currency="GBP",
        tax_included=tax_included,
    )
    draft_lines = tuple(
        DraftLine(
            sku=sku,
            title=f"Item {sku}",
            quantity=quantity,
            list_price=listed,
            unit_price=Decimal(price),
            amount_minor=result.amount_minor,
            paid_minor=result.paid_minor,
            adjustments=result.adjustments,
            tax_minor=result.tax_minor,
            tax_rate=Decimal("0.2"),
        )
        for (sku, quantity), result in zip(lines.items(), priced.lines, strict=True)
    )
    defaults: dict[str, Any] = {
        "id": new_id(),
        "market": "gb",
        "currency": "GBP",
        "tax_included": tax_included,
        "language": "en",
        "email": "ada@example.com",
        "address": LONDON,
        "shipping_method": "standard",
        "shipping_name": "Standard",
        "shipping_tax_rate": Decimal("0.2"),
        "shipping_adjustments": priced.shipping.adjustments,
        "lines": draft_lines,
        "totals": priced.totals,
    }
    return OrderDraft(**{**defaults, **fields})


def make_request(
    *,
    lines: dict[str, int],
    token: str = "tok_success",
    gateway: str = "fake",
    shares: Sequence[Share] = (),
    **fields: Any,
) -> dict[str, Any]:
    """A message of the orders queue; without shares one way pays the whole."""
    draft = make_draft(lines=lines, **fields)
    total_minor = draft.totals.total_minor
    payments = tuple(shares) or (share_of(total_minor, token=token, gateway=gateway),)
    request = OrderRequest(
        version=DRAFT_VERSION,
        draft=draft,
        payments=payments,
        accepted_at=timezone.now(),
        fingerprint=fingerprint(payments, total_minor=total_minor),
    )
    return msgspec.to_builtins(request)


def pay_by_token(request: dict[str, Any], token: str, *, gateway: str = "fake") -> None:
    """Let a message name another way to pay the whole, with the fingerprint that belongs to it."""
    total_minor = request["draft"]["totals"]["total_minor"]
    share = share_of(total_minor, token=token, gateway=gateway)
    request["payments"] = [msgspec.to_builtins(share)]
    request["fingerprint"] = fingerprint([share], total_minor=total_minor)


def make_order(*, lines: dict[str, int], token: str = "tok_success", **fields: Any) -> UUID:
    """An order as the worker leaves it."""
    return process_order(request=make_request(lines=lines, token=token, **fields))


def make_rejected_order(*, lines: dict[str, int], **fields: Any) -> UUID:
    """An order whose card was declined, and whose shopper found no other way to pay in time."""
    order_id = make_order(lines=lines, token="tok_decline", **fields)
    Order.objects.filter(pk=order_id).update(pay_by=timezone.now())
    expire_unpaid_orders()
    return order_id


def make_order_on_account(
    *, lines: dict[str, int], limit_minor: int = 50_000, **fields: Any
) -> UUID:
    """The order PO-7 of a new customer who may owe so much, due in 30 days."""
    customer = UserFactory.create()
    make_credit_account(customer_id=customer.pk, minor=limit_minor)
    return make_order(
        lines=lines, token="PO-7", gateway="account", customer_id=customer.pk, **fields
    )
