"""Shoppers who are about to buy."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.cart.services import add_to_cart, open_cart
from apps.cart.types import CartOwner
from apps.checkout.services import make_quote
from apps.checkout.types import SignedQuote
from apps.core.types import Address
from apps.pricing import selectors as pricing
from apps.pricing.selectors import get_market
from tests.factories.orders import LONDON
from tests.factories.shop import open_market, prices_in, stock_variant

SECRET = "a guest's own secret"
GUEST = CartOwner(secret=SECRET)


def fill_cart(lines: dict[str, int] | None = None, *, owner: CartOwner = GUEST) -> Any:
    """The owner's cart with two of a new item at £4.20, or with the lines given; its id."""
    open_market()
    cart = open_cart(owner=owner)
    for sku, quantity in (lines or {stock_variant().sku: 2}).items():
        add_to_cart(cart_id=cart.pk, sku=sku, quantity=quantity)
    return cart.pk


def quote_cart(
    cart_id: Any = None, *, owner: CartOwner = GUEST, market: str = "gb", **changes: Any
) -> SignedQuote:
    """A signed quote of the API for a cart, delivered to London by standard post."""
    cart_id = cart_id or fill_cart(owner=owner)
    place = get_market(market)
    fields: dict[str, Any] = {
        "owner": owner,
        "cart_id": cart_id,
        "market": place,
        "context": prices_in(place, customer_id=owner.customer_id),
        "address": LONDON,
        "email": "ada@example.com",
        "shipping_method": "standard",
        "language": "en",
    }
    return make_quote(**{**fields, **changes})


def adjust_quotes(monkeypatch: pytest.MonkeyPatch, **adjustments: Any) -> None:
    """Have whatever is quoted bear these adjustments, as promotions will."""
    quote = pricing.quote
    monkeypatch.setattr(pricing, "quote", lambda **asked: quote(**{**asked, **adjustments}))


def owner_for(customer: User) -> CartOwner:
    return CartOwner(customer_id=customer.pk)


def elsewhere(country: str) -> Address:
    return Address(name="Ada", line1="1", city="X", postcode="1", country=country)
