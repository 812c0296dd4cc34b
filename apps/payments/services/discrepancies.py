"""Note where a gateway and our ledger differ, and when that came to an end."""

from django.utils import timezone

from apps.core.types import Money
from apps.payments.models import Discrepancy, DiscrepancyKind, Payment


def note_discrepancy(
    *,
    gateway: str,
    reference: str,
    kind: DiscrepancyKind,
    amount: Money,
    payment: Payment | None = None,
    note: str = "",
) -> Discrepancy:
    """Note a discrepancy; one that has come back counts from now on anew."""
    discrepancy, is_new = Discrepancy.objects.get_or_create(
        gateway=gateway,
        gateway_reference=reference,
        kind=kind,
        defaults={
            "payment": payment,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "note": note[:200],
            "first_seen_at": timezone.now(),
        },
    )
    if not is_new and discrepancy.settled_at:
        discrepancy.first_seen_at, discrepancy.settled_at = timezone.now(), None
        discrepancy.save(update_fields=["first_seen_at", "settled_at"])
    return discrepancy


def settle_discrepancy(
    *, gateway: str, reference: str, kind: DiscrepancyKind, note: str = ""
) -> None:
    """There is no such discrepancy any more, if there ever was one."""
    open_ones = Discrepancy.objects.filter(
        gateway=gateway, gateway_reference=reference, kind=kind, settled_at=None
    )
    changes = {"note": note[:200]} if note else {}
    open_ones.update(settled_at=timezone.now(), **changes)


def settle_by_hand(*, discrepancy_id: int, actor_id: int | None) -> bool:
    """Somebody has looked after a discrepancy outside the shop; False if it was settled before."""
    open_one = Discrepancy.objects.filter(pk=discrepancy_id, settled_at=None)
    return bool(open_one.update(settled_at=timezone.now(), settled_by_id=actor_id))
