"""Promise units to orders, free them again, and move them in and out of the house."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.inventory.errors import InsufficientStock
from apps.inventory.models import Movement, MovementReason, Reservation, StockLevel

# The rows are locked in SKU order, so that two orders never wait for each other; the guard in the
# outer WHERE is judged again on the row as it is once the lock is held.
_TAKE = """
WITH wanted AS (SELECT unnest(%s::text[]) AS sku, unnest(%s::int[]) AS quantity),
locked AS (
    SELECT level.id, wanted.quantity
    FROM inventory_stocklevel level JOIN wanted USING (sku)
    ORDER BY level.sku
    FOR UPDATE OF level
)
UPDATE inventory_stocklevel level
SET reserved = level.reserved + locked.quantity
FROM locked
WHERE level.id = locked.id AND level.on_hand - level.reserved >= locked.quantity
RETURNING level.sku
"""


def reserve_stock(
    *, reference: UUID, quantities: Mapping[str, int], expires_at: datetime | None
) -> None:
    """Promise all the units to an order, or none. Raises InsufficientStock.

    Must run in the transaction that writes the order.
    """
    if not quantities:
        return
    skus = sorted(quantities)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [skus, [quantities[sku] for sku in skus]])
        taken = {sku for (sku,) in cursor.fetchall()}
    if short := [sku for sku in skus if sku not in taken]:
        raise InsufficientStock(skus=short)
    Reservation.objects.bulk_create(
        Reservation(reference=reference, sku=sku, quantity=quantities[sku], expires_at=expires_at)
        for sku in skus
    )


def keep_reservation(*, reference: UUID) -> None:
    """Let the promise stand until the goods leave: the order is paid."""
    Reservation.objects.filter(reference=reference, released_at=None).update(expires_at=None)


@transaction.atomic
def release_stock(*, reference: UUID) -> None:
    """Give an order's units back to everybody; a repeat changes nothing."""
    held = list(
        Reservation.objects.select_for_update()
        .filter(reference=reference, released_at=None)
        .order_by("sku")
    )
    for reservation in held:
        StockLevel.objects.filter(variant__sku=reservation.sku).update(
            reserved=F("reserved") - reservation.quantity
        )
    Reservation.objects.filter(pk__in=[one.pk for one in held]).update(released_at=timezone.now())


@transaction.atomic
def set_opening_stock(*, quantities: Mapping[str, int], reference: str) -> None:
    """Give SKUs a stock level and their first units; a SKU that has a level is left alone."""
    known = set(
        StockLevel.objects.filter(variant__sku__in=list(quantities)).values_list(
            "variant__sku", flat=True
        )
    )
    fresh = {sku: quantity for sku, quantity in quantities.items() if sku not in known}
    StockLevel.objects.bulk_create(
        StockLevel(variant_id=sku, on_hand=quantity) for sku, quantity in fresh.items()
    )
    Movement.objects.bulk_create(
        Movement(
            sku=sku,
            quantity=quantity,
            reason=MovementReason.OPENING,
            reference=f"{reference}:{sku}",
        )
        for sku, quantity in fresh.items()
    )


@transaction.atomic
def move_stock(*, sku: str, quantity: int, reason: MovementReason, reference: str = "") -> bool:
    """Add units (negative: take away) and say why; False if the reference was booked before.

    Raises InsufficientStock if fewer units than that are free.
    """
    level = StockLevel.objects.select_for_update().get(variant__sku=sku)
    booked = Movement.objects.filter(sku=sku, reason=reason, reference=reference)
    if reference and booked.exists():
        return False
    if level.on_hand + quantity < level.reserved:
        raise InsufficientStock(skus=[sku])
    Movement.objects.create(sku=sku, quantity=quantity, reason=reason, reference=reference)
    StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") + quantity)
    return True


def quantities_of(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How many units of each SKU, however many lines ask for it."""
    wanted: dict[str, int] = {}
    for sku, quantity in lines:
        wanted[sku] = wanted.get(sku, 0) + quantity
    return wanted
