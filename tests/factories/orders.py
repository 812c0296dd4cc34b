"""Requests as checkout puts them on the queue."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from apps.core.models import new_id
from apps.core.types import Address
from apps.orders.rules import fingerprint
from apps.orders.services import process_order
from apps.orders.types import DRAFT_VERSION, DraftLine, OrderDraft, OrderRequest
from apps.pricing.rules import quote
from apps.pricing.types import Adjustment, AdjustmentScope, LineToPrice, ShippingToPrice
from tests.factories.accounts import UserFactory
from tests.factories.payments import make_credit_account

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
    *, lines: dict[str, int], token: str = "tok_success", gateway: str = "fake", **fields: Any
) -> dict[str, Any]:
    """A message of the orders queue."""
    request = OrderRequest(
        version=DRAFT_VERSION,
        draft=make_draft(lines=lines, **fields),
        gateway=gateway,
        payment_token=token,
        accepted_at=timezone.now(),
        fingerprint=fingerprint(gateway=gateway, payment_token=token),
    )
    return msgspec.to_builtins(request)


def make_order(*, lines: dict[str, int], token: str = "tok_success", **fields: Any) -> UUID:
    """An order as the worker leaves it."""
    return process_order(request=make_request(lines=lines, token=token, **fields))


def make_order_on_account(
    *, lines: dict[str, int], limit_minor: int = 50_000, **fields: Any
) -> UUID:
    """The order PO-7 of a new customer who may owe so much, due in 30 days."""
    customer = UserFactory.create()
    make_credit_account(customer_id=customer.pk, minor=limit_minor)
    return make_order(
        lines=lines, token="PO-7", gateway="account", customer_id=customer.pk, **fields
    )
