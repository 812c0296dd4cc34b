"""Put planned orders through place, queue and worker, as a job."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec
from django.conf import settings
from django.utils.translation import gettext

from apps.backfill.rules import COUNTRIES, CURRENCY, UNKNOWN_COUNTRY
from apps.backfill.selectors import known_orders
from apps.backfill.types import PlannedOrder
from apps.checkout.services import place, sign_quote
from apps.checkout.types import Quote, WayToPay
from apps.core.rules import digest_of
from apps.core.types import Address
from apps.jobs.models import Job
from apps.jobs.selectors import find_done
from apps.jobs.services import start_job
from apps.orders.types import DRAFT_VERSION, Channel, DraftLine, OrderDraft
from apps.pricing.selectors import quote
from apps.pricing.types import (
    Adjustment,
    AdjustmentScope,
    LineToPrice,
    Priced,
    ShippingToPrice,
)

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
    promised = Quote(
        version=DRAFT_VERSION,
        draft=draft_of(order),
        expires_at=order.sold_at + _HALF_AN_HOUR,
        holder_digest=digest_of(text=_SECRET),
    )
    place(
        document=sign_quote(promised).document,
        payments=[WayToPay(gateway=provider, token=token)],
        now=order.sold_at,
        secret=_SECRET,
    )


def draft_of(order: PlannedOrder) -> OrderDraft:
    """The order at the file's own prices less its discount; tax is what is contained in what was paid.

    Raises AdjustedBelowZero for a discount that is more than the order.
    """
    priced = _price(order)
    lines = tuple(
        DraftLine(
            sku=line.row.code,
            title=(line.row.description or line.row.code)[:200],
            quantity=abs(line.row.quantity),
            list_price=abs(line.row.unit_price),
            unit_price=abs(line.row.unit_price),
            amount_minor=result.amount_minor,
            paid_minor=result.paid_minor,
            adjustments=result.adjustments,
            tax_minor=result.tax_minor,
            tax_rate=order.tax_rate,
            stocked=line.stocked,
        )
        for line, result in zip(order.lines, priced.lines, strict=True)
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
        shipping_adjustments=priced.shipping.adjustments,
        lines=lines,
        totals=priced.totals,
        channel=Channel.IMPORT,
    )


def _price(order: PlannedOrder) -> Priced:
    """What the order comes to; of a discount that is more than its goods, the rest is on the shipping."""
    on_goods = min(order.discount_minor, sum(line.amount_minor for line in order.lines))
    return quote(
        lines=[
            LineToPrice(
                quantity=abs(line.row.quantity),
                list_price=abs(line.row.unit_price),
                unit_price=abs(line.row.unit_price),
                tax_rate=order.tax_rate,
            )
            for line in order.lines
        ],
        shipping=ShippingToPrice(
            amount_minor=order.shipping_minor,
            tax_rate=order.tax_rate,
            adjustments=_discount(order.discount_minor - on_goods),
        ),
        adjustments=_discount(on_goods),
        currency=CURRENCY,
        tax_included=True,
    )


def _discount(minor: int) -> tuple[Adjustment, ...]:
    """So much off an invoice, as the file has it; nothing where it is none."""
    if not minor:
        return ()
    discount = Adjustment(
        code="import.discount",
        label="Discount",
        scope=AdjustmentScope.ORDER,
        amount_minor=-minor,
        source="import",
    )
    return (discount,)
