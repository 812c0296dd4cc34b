"""What a guest's unpaid orders may hold of one variant: nobody empties the shelves without money.

Customers are known, and may order what there is.
"""

from collections.abc import Mapping

from django.conf import settings
from django.db.models import F, Q, Sum

from apps.core.errors import TooMany
from apps.core.services import check_limit, is_counted, note_counted, record_metric, use_up
from apps.core.types import Limit, Metric
from apps.inventory.services import quantities_of
from apps.orders.errors import TooManyUnits, TooManyUnitsHere
from apps.orders.models import OrderLine
from apps.orders.types import Channel, OrderDraft, OrderStatus

# A carrier, a school or an office.
_GUESTS_BEHIND_ONE_ADDRESS = 10
# Written as a choice of two, so that each finds the index of its own.
_UNPAID = Q(order__status=OrderStatus.AWAITING_PAYMENT) | Q(order__status=OrderStatus.PLACED)


def is_guests(draft: OrderDraft) -> bool:
    """Whether somebody without an account orders; what was imported is nobody's any more."""
    return draft.customer_id is None and draft.channel != Channel.IMPORT


def check_units(quantities: Mapping[str, int]) -> None:
    """Whether a guest may order so many units (by SKU) at all. Raises TooManyUnits."""
    _refuse({sku for sku, units in quantities.items() if units > settings.GUEST_UNITS})


def check_units_from(address: str, draft: OrderDraft) -> None:
    """Count the units of a guest's placement for the network address, and once however often it is sent.

    Asks no database: who has paid is counted, too, for as long as an unpaid order would hold its goods;
    and many share an address, so that it may hold a multiple of what one guest may. What is refused is
    not counted. Raises TooManyUnitsHere, and TooMany if another took the last of them at that moment.
    """
    limit = Limit(
        name="guest-units",
        most=settings.GUEST_UNITS * _GUESTS_BEHIND_ONE_ADDRESS,
        seconds=settings.GUEST_HOLD_MINUTES * 60,
    )
    if not address or not is_guests(draft) or is_counted(limit, str(draft.id)):
        return
    wanted = _wanted(draft)
    for sku, units in wanted.items():
        try:
            check_limit(limit, f"{address} {sku}", by=units)
        except TooMany as refusal:
            record_metric(Metric.GUEST_UNITS_REFUSED)
            raise TooManyUnitsHere(skus=[sku], most=limit.most) from refusal
    for sku, units in wanted.items():
        use_up(limit, f"{address} {sku}", by=units)
    note_counted(limit, str(draft.id))


def check_units_held(draft: OrderDraft) -> None:
    """Whether a guest may hold the units of a new order beside those of the other unpaid ones.

    Raises TooManyUnits.
    """
    if not is_guests(draft):
        return
    wanted = _wanted(draft)
    lines = OrderLine.objects.filter(
        _UNPAID, order__customer=None, order__email__iexact=draft.email, sku__in=wanted
    )
    units = Sum(F("quantity") - F("cancelled_quantity"))
    held = dict(lines.exclude(order=draft.id).values_list("sku").annotate(units=units))
    check_units({sku: count + held.get(sku, 0) for sku, count in wanted.items()})


def _wanted(draft: OrderDraft) -> dict[str, int]:
    return quantities_of((line.sku, line.quantity) for line in draft.lines)


def _refuse(skus: set[str]) -> None:
    if skus:
        record_metric(Metric.GUEST_UNITS_REFUSED)
        raise TooManyUnits(skus=sorted(skus), most=settings.GUEST_UNITS)
