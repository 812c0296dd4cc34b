"""A cart as it stands now: priced and checked at the moment of looking."""

from decimal import Decimal
from uuid import UUID

import msgspec

from apps.catalog.types import ShownPicture
from apps.core.types import Money
from apps.pricing.types import PriceContext


class CartOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a customer, a guest who holds a secret, or both while logging in."""

    customer_id: int | None = None
    secret: str = ""


class CartItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line at today's price; `unit_price` (major units) is None if it is not sold here any more.

    `free_units` are in the house; `backorder_left` more could be ordered, and ship later.
    """

    sku: str
    product_slug: str
    title: str
    options: str
    image: ShownPicture
    quantity: int
    unit_price: Decimal | None
    amount: Money | None
    free_units: int
    backorder_left: int
    weight_grams: int
    tax_class: str

    @property
    def is_buyable(self) -> bool:
        """Whether it is sold here, and the line's units can all be promised, now or later."""
        return self.unit_price is not None and self.most_units >= self.quantity

    @property
    def most_units(self) -> int:
        """How many could be bought now, those that ship later included."""
        return self.free_units + self.backorder_left

    @property
    def later_units(self) -> int:
        """How many of this line are not in the house yet."""
        return max(0, self.quantity - self.free_units)


class PricedCart(msgspec.Struct, frozen=True, kw_only=True):
    """The lines at the prices of a context, and their sum before shipping (tax as the context says)."""

    id: UUID
    version: int
    context: PriceContext
    items: tuple[CartItem, ...]
    subtotal: Money

    @property
    def count(self) -> int:
        """How many units all lines hold."""
        return sum(item.quantity for item in self.items)

    @property
    def weight_grams(self) -> int:
        """What all units weigh together, in grams, as shipping rates count it."""
        return sum(item.weight_grams * item.quantity for item in self.items)


GUEST_COOKIE = "guest"
"""The signed cookie that holds a browser's guest secret."""
