"""Put planned orders through place, queue and worker, as a job."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec
from django.conf import settings
from django.utils.translation import gettext

from apps.backfill.rules import COUNTRIES, CURRENCY, UNKNOWN_COUNTRY
from apps.backfill.selectors import known_orders
from apps.backfill.types import PlannedOrder
from apps.checkout.services import place, sign_quote
from apps.checkout.types import Quote, WayToPay
from apps.core.rules import digest_of
from apps.core.types import Address, Money
from apps.jobs.models import Job
from apps.jobs.selectors import find_done
from apps.jobs.services import start_job
from apps.orders.types import Channel, DraftLine, OrderDraft
from apps.pricing.selectors import tax_on
from apps.pricing.types import Totals

_SECRET = "imported by the shop itself"  # noqa: S105 - who places is the shop
_HALF_AN_HOUR = timedelta(minutes=30)
PLACE = "backfill.place"


def start_placement(orders: Collection[PlannedOrder]) -> Job | None:
    """Have a worker put each order on the queue as of its own day; None if there are none.

    A row's key is its order's id.
    """
    contents = {str(order.id): {"planned": msgspec.to_builtins(order)} for order in orders}
    if not contents:
        return None
    return start_job(
        work=PLACE, title=gettext("Place imported orders"), keys=contents, contents=contents
    )


def list_unsent(orders: Sequence[PlannedOrder]) -> list[PlannedOrder]:
    """Which of the orders neither stand in the database nor were put on the queue by an earlier run."""
    there = {str(one) for one in known_orders([order.id for order in orders])}
    there |= find_done(work=PLACE, keys=[str(order.id) for order in orders])
    return [order for order in orders if str(order.id) not in there]


def place_order(order: PlannedOrder) -> None:
    """Put one order of the plan on the queue. Raises what `checkout.place` raises."""
    provider, token = settings.IMPORT_PAYMENT
    quote = Quote(
        draft=draft_of(order),
        expires_at=order.sold_at + _HALF_AN_HOUR,
        holder_digest=digest_of(text=_SECRET),
    )
    place(
        document=sign_quote(quote).document,
        payments=[WayToPay(gateway=provider, token=token)],
        now=order.sold_at,
        secret=_SECRET,
    )


def draft_of(order: PlannedOrder) -> OrderDraft:
    """The order at the file's own prices; tax is what they contain."""
    lines = tuple(
        DraftLine(
            sku=line.row.code,
            title=(line.row.description or line.row.code)[:200],
            quantity=abs(line.row.quantity),
            unit_price=abs(line.row.unit_price),
            amount_minor=line.amount_minor,
            tax_minor=_tax(line.amount_minor, rate=order.tax_rate),
            tax_rate=order.tax_rate,
            stocked=line.stocked,
        )
        for line in order.lines
    )
    who = f"Customer {order.customer}" if order.customer else "Guest"
    return OrderDraft(
        id=order.id,
        market="gb",
        currency=CURRENCY,
        tax_included=True,
        language="en",
        email=f"{(order.customer or 'guest')}@imported.invalid",
        address=Address(
            name=who,
            line1=f"Invoice {order.invoice}",
            city=order.country,
            country=COUNTRIES.get(order.country, UNKNOWN_COUNTRY),
        ),
        shipping_method="imported",
        shipping_name="As shipped by the old service",
        lines=lines,
        totals=_totals(order, lines),
        channel=Channel.IMPORT,
    )


def _totals(order: PlannedOrder, lines: Sequence[DraftLine]) -> Totals:
    shipping_tax = _tax(order.shipping_minor, rate=order.tax_rate)
    tax = sum(line.tax_minor for line in lines)
    return Totals(
        lines_minor=sum(line.amount_minor for line in lines) - tax,
        shipping_minor=order.shipping_minor - shipping_tax,
        tax_minor=tax + shipping_tax,
        discount_minor=order.discount_minor,
        total_minor=order.total_minor,
    )


def _tax(amount_minor: int, *, rate: Decimal) -> int:
    return tax_on(amount=Money(amount_minor, CURRENCY), rate=rate, tax_included=True)
