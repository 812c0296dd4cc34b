"""What one order is of: its lines, its sums, and when things happened to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from apps.core.rules import public_number
from apps.pricing.rules import quote
from apps.pricing.types import LineToPrice, ShippingToPrice, Totals
from tests.scale.copying import Ids
from tests.scale.goods import POSTAGE_MINOR, Buyer, Item, Place

_MOST_LINES = 3
_MOST_UNITS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Sold:
    """A line; `total_minor` contains its tax, `amount_minor` as the market says."""

    id: int
    item: Item
    quantity: int
    amount_minor: int
    tax_minor: int
    total_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """An accepted order, whatever becomes of it."""

    id: str
    number: str
    payment_id: str
    buyer: Buyer
    lines: Sequence[Sold]
    totals: Totals
    accepted_at: datetime

    @property
    def postage_minor(self) -> int:
        """The charge for shipping with its tax."""
        return self.totals.total_minor - sum(line.total_minor for line in self.lines)

    @property
    def postage_tax_minor(self) -> int:
        return self.totals.tax_minor - sum(line.tax_minor for line in self.lines)


class Till:
    """Makes sales: few items sell often, most seldom."""

    def __init__(
        self,
        *,
        place: Place,
        items: Sequence[Item],
        buyers: Sequence[Buyer],
        random: Random,
        line_ids: Iterator[int],
    ) -> None:
        self._place = place
        self._items = items
        self._buyers = buyers
        self._random = random
        self._ids = Ids(random)
        self._line_ids = line_ids

    def sell(self, *, at: datetime) -> Sale:
        """An order of one to three different items that was accepted then."""
        order_id = self._ids.at(at)
        cart = self._fill_cart()
        priced = quote(
            lines=[
                LineToPrice(
                    quantity=count,
                    list_price=one.price,
                    unit_price=one.price,
                    tax_rate=self._place.tax_rate,
                )
                for one, count in cart
            ],
            shipping=ShippingToPrice(amount_minor=POSTAGE_MINOR, tax_rate=self._place.tax_rate),
            currency=self._place.market.currency,
            tax_included=self._place.market.tax_included,
        )
        on_top = 0 if self._place.market.tax_included else 1
        lines = [
            Sold(
                id=next(self._line_ids),
                item=item,
                quantity=count,
                amount_minor=line.amount_minor,
                tax_minor=line.tax_minor,
                total_minor=line.amount_minor + on_top * line.tax_minor,
            )
            for (item, count), line in zip(cart, priced.lines, strict=True)
        ]
        return Sale(
            id=order_id,
            number=public_number(source=UUID(order_id)),
            payment_id=self._ids.at(at),
            buyer=self._random.choice(self._buyers),
            lines=lines,
            totals=priced.totals,
            accepted_at=at,
        )

    def _fill_cart(self) -> list[tuple[Item, int]]:
        random, items = self._random.random, self._items
        wanted = int(random() * _MOST_LINES) + 1
        chosen = {items[int(len(items) * random() ** 3)]: 0 for _ in range(wanted)}
        return [(item, int(random() * _MOST_UNITS) + 1) for item in chosen]
