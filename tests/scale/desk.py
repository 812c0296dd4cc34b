"""The parts of which an order's story is made, each as the shop's own services would leave it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from apps.core.rules import digest_of
from apps.core.types import Money
from apps.notifications.models import Kind
from apps.orders.events import OrderLineFact, OrderPaid, OrderPlaced
from apps.orders.rules import fingerprint
from apps.payments.events import PaymentCaptured
from apps.payments.types import Share
from tests.scale.copying import Ids
from tests.scale.goods import METHOD, Place
from tests.scale.news import News
from tests.scale.papers import Papers
from tests.scale.sales import Sale
from tests.scale.tables import Tables

GATEWAY = "fake"
TOKEN = "tok_success"
CHANNEL = "web"
PLACED = timedelta(milliseconds=50)
CAPTURED = timedelta(milliseconds=300)
PAID = timedelta(milliseconds=400)
TOLD = timedelta(seconds=1)


@dataclass(slots=True)
class Units:
    """What a level gains in a piece of work."""

    received: int = 0
    on_hand: int = 0
    reserved: int = 0


@dataclass(kw_only=True, slots=True)
class Desk:
    """Keeps the rows of sales until they are copied, and what they do to stock."""

    tables: Tables
    ids: Ids
    news: News
    papers: Papers
    place: Place
    until: datetime
    step: timedelta
    stock: dict[str, Units] = field(default_factory=lambda: defaultdict(Units))

    def money(self, minor: int) -> Money:
        """An amount in the market's currency."""
        return Money(minor, self.place.market.currency)

    def write(
        self,
        sale: Sale,
        status: str,
        *,
        version: int,
        at: datetime,
        shipped: bool = False,
        reason: str = "",
        details: str = "{}",
        paid_at: datetime | None = None,
        pay_by: datetime | None = None,
        action_url: str = "",
    ) -> None:
        """The order and its lines as they are now, unchanged since a time."""
        totals, buyer, since = sale.totals, sale.buyer, sale.accepted_at
        self.tables.orders.add(
            *(sale.id, sale.number, status, reason, details, version, buyer.id, buyer.email),
            *(totals.lines_minor, totals.shipping_minor, totals.tax_minor, totals.total_minor),
            *(msgspec.json.encode(buyer.address).decode(), since, pay_by or since + self.step),
            *(action_url, paid_at, since, at),
        )
        for position, line in enumerate(sale.lines):
            item = line.item
            self.tables.lines.add(
                *(line.id, sale.id, position, item.sku, item.title, item.options, line.quantity),
                *(item.price, item.price, line.amount_minor, line.amount_minor, line.tax_minor),
                self.place.tax_rate,
                line.quantity if shipped else 0,
            )

    def place_order(self, sale: Sale) -> None:
        """The order was written and announced, and the shopper told."""
        at = sale.accepted_at + PLACED
        placed = OrderPlaced(
            order_id=sale.id,
            number=sale.number,
            version=1,
            channel=CHANNEL,
            email=sale.buyer.email,
            customer_id=sale.buyer.id,
            cart_id=None,
            cart_version=None,
            total=self.money(sale.totals.total_minor),
        )
        self.news.announce(placed, at=at)
        self.papers.mail(sale, Kind.ORDER_RECEIVED, at=at + TOLD)

    def reserve(
        self,
        sale: Sale,
        *,
        shipped: bool = False,
        expires_at: datetime | None = None,
        released_at: datetime | None = None,
    ) -> None:
        """The goods are promised, have left, or are free again."""
        at = sale.accepted_at
        for line in sale.lines:
            self.tables.reservations.add(
                *(sale.id, line.item.sku, line.quantity, line.quantity if shipped else 0),
                *(at, expires_at, released_at),
            )
            if not shipped and released_at is None:
                units = self.stock[line.item.sku]
                units.received += line.quantity
                units.on_hand += line.quantity
                units.reserved += line.quantity

    def pay(self, sale: Sale, *, refunded_minor: int = 0) -> None:
        """The bank has given the money, some of which may have gone back later."""
        total, at = sale.totals.total_minor, sale.accepted_at + CAPTURED
        self.tables.payments.add(
            *(sale.payment_id, sale.id, sale.buyer.id, TOKEN, total, total, total, refunded_minor),
            *(self.bank_reference(sale), "", None, None, sale.accepted_at, at),
        )
        for kind in ("authorise", "capture"):
            self.answer(sale, kind, "succeeded", amount_minor=total, at=at)
        captured = PaymentCaptured(
            payment_id=sale.payment_id, reference=sale.id, gateway=GATEWAY, amount=self.money(total)
        )
        self.news.announce(captured, at=at)

    def answer(
        self,
        sale: Sale,
        kind: str,
        outcome: str,
        *,
        amount_minor: int,
        at: datetime,
        of: str = "",
        reason: str = "",
    ) -> None:
        """One line of the payment's ledger; `of` is the refund that it is about."""
        key = f"{sale.payment_id}:{kind}{of and ':'}{of}"
        told = outcome in ("succeeded", "action_required")
        reference = _bank_reference(key) if told else ""
        self.tables.transactions.add(
            sale.payment_id, kind, outcome, amount_minor, key, reference, reason, at
        )

    def bank_reference(self, sale: Sale) -> str:
        """What the bank calls the payment."""
        return _bank_reference(sale.payment_id)

    def confirm(self, sale: Sale) -> tuple[str, str]:
        """The order is paid: announced, told and invoiced; returns the invoice's id and number."""
        at = sale.accepted_at + PAID
        paid = OrderPaid(
            order_id=sale.id,
            number=sale.number,
            version=2,
            channel=CHANNEL,
            email=sale.buyer.email,
            customer_id=sale.buyer.id,
            address=sale.buyer.address,
            shipping_method=METHOD,
            lines=tuple(
                OrderLineFact(
                    sku=line.item.sku,
                    title=line.item.title,
                    quantity=line.quantity,
                    amount=self.money(line.amount_minor),
                )
                for line in sale.lines
            ),
            total=self.money(sale.totals.total_minor),
            tax=self.money(sale.totals.tax_minor),
        )
        self.news.announce(paid, at=at)
        self.papers.mail(sale, Kind.ORDER_CONFIRMED, at=at + TOLD)
        return self.papers.invoice(sale, at=at + TOLD)


def _bank_reference(key: str) -> str:
    """What the demo bank calls it."""
    return f"fake_{digest_of(text=key)[:24]}"


def fingerprint_of(token: str) -> str:
    """What the shop keeps of how an order was to be paid."""
    return fingerprint([Share(gateway=GATEWAY, token=token, amount_minor=1)], total_minor=1)
