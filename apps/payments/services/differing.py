"""Note where a gateway and our ledger differ, and when that came to an end."""

from django.utils import timezone

from apps.core.types import Money
from apps.payments.models import Difference, DifferenceKind, Payment


def note_difference(
    *,
    gateway: str,
    reference: str,
    kind: DifferenceKind,
    amount: Money,
    payment: Payment | None = None,
    note: str = "",
) -> Difference:
    """Note a difference; one that has come back counts from now on anew."""
    difference, is_new = Difference.objects.get_or_create(
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
    if not is_new and difference.settled_at:
        difference.first_seen_at, difference.settled_at = timezone.now(), None
        difference.save(update_fields=["first_seen_at", "settled_at"])
    return difference


def settle_difference(
    *, gateway: str, reference: str, kind: DifferenceKind, note: str = ""
) -> None:
    """There is no such difference any more, if there ever was one."""
    open_ones = Difference.objects.filter(
        gateway=gateway, gateway_reference=reference, kind=kind, settled_at=None
    )
    changes = {"note": note[:200]} if note else {}
    open_ones.update(settled_at=timezone.now(), **changes)


def settle_by_hand(*, difference_id: int, actor_id: int | None) -> bool:
    """Somebody has looked after a difference outside the shop; False if it was settled before."""
    open_one = Difference.objects.filter(pk=difference_id, settled_at=None)
    return bool(open_one.update(settled_at=timezone.now(), settled_by_id=actor_id))
