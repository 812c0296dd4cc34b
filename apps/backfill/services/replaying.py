"""Put planned orders through place, queue and worker, then book what came back or was adjusted."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from apps.backfill.rules import COUNTRIES, CURRENCY, UNKNOWN_COUNTRY, reference_of
from apps.backfill.selectors import known_orders
from apps.backfill.types import Plan, PlannedOrder
from apps.checkout.services import place, sign_quote
from apps.checkout.types import Quote
from apps.core.rules import digest_of
from apps.core.types import Address, Money
from apps.inventory.models import MovementReason
from apps.inventory.services import move_stock
from apps.orders.selectors import line_ids
from apps.orders.types import MOVED_IN, DraftLine, OrderDraft
from apps.pricing.selectors import tax_on
from apps.pricing.types import Totals
from apps.refunds.services import approve_credit, approve_return
from apps.refunds.types import CreditedLine, ReturnedLine

_SECRET = "moved in by the shop itself"  # noqa: S105 - who places is the shop
_HALF_AN_HOUR = timedelta(minutes=30)


def replay(orders: Sequence[PlannedOrder], *, progress: Callable[[], None]) -> int:
    """Place every order that is not there yet, each as of its own day; returns how many were sent."""
    known = known_orders([order.id for order in orders])
    fresh = [order for order in orders if order.id not in known]
    for order in fresh:
        quote = Quote(
            draft=draft_of(order),
            expires_at=order.sold_at + _HALF_AN_HOUR,
            holder_digest=digest_of(text=_SECRET),
        )
        place(
            document=sign_quote(quote).document,
            gateway="fake",
            payment_token="tok_success",  # noqa: S106 - a token of the demo bank
            now=order.sold_at,
            secret=_SECRET,
        )
        progress()
    return len(fresh)


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
        email=f"{(order.customer or 'guest')}@moved-in.invalid",
        address=Address(
            name=who,
            line1=f"Invoice {order.invoice}",
            city=order.country,
            country=COUNTRIES.get(order.country, UNKNOWN_COUNTRY),
        ),
        shipping_method="moved-in",
        shipping_name="As shipped by the old service",
        lines=lines,
        totals=_totals(order, lines),
        channel=MOVED_IN,
    )


def settle(plan: Plan, *, progress: Callable[[], None]) -> None:
    """Book returns, credits and stock adjustments; each row is booked once however often this runs."""
    positions = line_ids({planned.order_id for planned in plan.returns})
    for planned in plan.returns:
        approve_return(
            order_id=planned.order_id,
            reference=reference_of(planned.row),
            lines=[
                ReturnedLine(
                    order_line_id=positions[planned.order_id, planned.position],
                    quantity=planned.quantity,
                    amount_minor=planned.amount_minor,
                )
            ],
            reason=f"credit note {planned.row.invoice}",
            restock=True,
        )
        progress()
    for credit in plan.credits:
        line = CreditedLine(
            sku=credit.row.code, quantity=credit.quantity, amount_minor=credit.amount_minor
        )
        approve_credit(
            reference=reference_of(credit.row),
            party=credit.row.customer or "guest",
            currency=CURRENCY,
            lines=[line],
            reason=f"credit note {credit.row.invoice}",
        )
        progress()
    for row in plan.adjustments:
        reason = MovementReason.COUNTED if row.quantity > 0 else MovementReason.WRITTEN_OFF
        move_stock(sku=row.code, quantity=row.quantity, reason=reason, reference=reference_of(row))
        progress()


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
