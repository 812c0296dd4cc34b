"""See that granted money goes: one message per refund, and a person for what the gateway refuses."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from apps.core.services import record_metric
from apps.core.types import Metric, Money
from apps.events.services import publish
from apps.payments.errors import RefundDeclined, RefundExceedsCapture
from apps.payments.selectors import refund_progress
from apps.payments.services import refund_payments
from apps.payments.types import RefundProgress
from apps.refunds import gateways, rules
from apps.refunds.errors import NotFailed, ReasonMissing, StillOpen
from apps.refunds.events import RefundFailed, RefundPaid, RefundRetried
from apps.refunds.models import Refund
from apps.refunds.selectors import find_refund
from apps.refunds.types import RefundState

# Kept as it is here, and shown in the language of who looks.
_CAME_BACK = gettext_noop("A part of it came back.")


def send_to_queue(*, refund_id: UUID) -> None:
    """Put a granted refund on the refunds queue. Raises what the queue's client raises."""
    gateways.send_to_queue(str(refund_id))


def pay_back(*, refund_id: UUID) -> None:
    """Send what has not gone of a refund's money back through the order's payments, once per attempt.

    A definite refusal marks the refund failed, and a person decides. Raises GatewayUnavailable:
    then the message comes again.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.order_id is None or refund.state != RefundState.APPROVED:
        return
    before = _progress(refund, attempts=refund.attempt - 1)
    amount = Money(refund.amount_minor - before.sent_minor, refund.currency)
    if not amount.minor:
        note_paid(refund_key=_key_of(refund))
        return
    try:
        refund_payments(reference=refund.order_id, amount=amount, key=_key_of(refund))
    except (RefundDeclined, RefundExceedsCapture) as refusal:
        detail = refusal.details.get("reason") or str(refusal)
        _fail(refund, reason=str(detail), among=(RefundState.APPROVED,))


@transaction.atomic
def note_paid(*, refund_key: str) -> None:
    """A gateway has sent money of a refund of ours; other keys are others' business.

    Only with all of it the refund is paid: another payment's part may be on its way. Where all is answered and
    some is missing, because it came back meanwhile, a person decides.
    """
    refund_id = rules.refund_of_key(refund_key)
    refund = find_refund(refund_id) if refund_id else None
    if refund is None or refund.order_id is None:
        return
    progress = _progress(refund, attempts=refund.attempt)
    if progress.sent_minor >= refund.amount_minor:
        _mark_paid(refund)
    elif not progress.open_minor and refund_key == _key_of(refund):
        _fail(refund, reason=_CAME_BACK, among=(RefundState.APPROVED,))


def _mark_paid(refund: Refund) -> None:
    waiting = Refund.objects.filter(pk=refund.pk).exclude(state=RefundState.PAID)
    if waiting.update(
        state=RefundState.PAID, paid_at=timezone.now(), failure="", updated_at=timezone.now()
    ):
        _announce_paid(refund.pk)


def _is_sent(refund: Refund) -> bool:
    return _progress(refund, attempts=refund.attempt).sent_minor >= refund.amount_minor


def _progress(refund: Refund, *, attempts: int) -> RefundProgress:
    """How far the money of a refund has come in so many attempts: of several payments one may have refused."""
    assert refund.order_id
    keys = rules.payment_keys(refund_id=refund.pk, attempts=attempts)
    return refund_progress(reference=refund.order_id, keys=keys)


@transaction.atomic
def note_returned(*, refund_key: str, reason: str) -> None:
    """The money of a refund of ours did not reach the shopper: a person has to find another way."""
    refund_id = rules.refund_of_key(refund_key)
    refund = find_refund(refund_id) if refund_id else None
    if refund is None or refund.order_id is None or _is_sent(refund):
        return
    if refund.state == RefundState.APPROVED and refund_key != _key_of(refund):
        # An old story: a person has asked for another attempt since.
        return
    _fail(refund, reason=reason, among=(RefundState.APPROVED, RefundState.PAID))


def _key_of(refund: Refund) -> str:
    return rules.payment_key(refund_id=refund.pk, attempt=refund.attempt)


@transaction.atomic
def retry_refund(*, refund_id: UUID, actor_id: int) -> None:
    """Let the gateway be asked anew for a refund that failed. Raises NotFailed, StillOpen."""
    _check_answered(refund_id)
    failed = Refund.objects.filter(pk=refund_id, state=RefundState.FAILED)
    if not failed.update(
        state=RefundState.APPROVED,
        attempt=F("attempt") + 1,
        failure="",
        updated_at=timezone.now(),
    ):
        raise NotFailed
    publish(RefundRetried(refund_id=str(refund_id)), actor_id=actor_id)


@transaction.atomic
def settle_otherwise(*, refund_id: UUID, actor_id: int, note: str) -> None:
    """The money of a failed refund, or of a credit without a sale, went another way; `note` says how.

    Raises NotFailed, ReasonMissing, StillOpen.
    """
    if not note.strip():
        raise ReasonMissing
    _check_answered(refund_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    is_owed = refund.order_id is None and refund.state == RefundState.APPROVED
    if refund.state != RefundState.FAILED and not is_owed:
        raise NotFailed
    refund.state = RefundState.PAID
    refund.paid_at = timezone.now()
    refund.paid_note = note.strip()[:200]
    refund.save(update_fields=["state", "paid_at", "paid_note", "updated_at"])
    _announce_paid(refund_id, actor_id=actor_id)


def _check_answered(refund_id: UUID) -> None:
    """Refuse to send a refund's money another time, or another way, while a part of it may still go. Raises StillOpen."""
    refund = find_refund(refund_id)
    if refund and refund.order_id and _progress(refund, attempts=refund.attempt).open_minor:
        raise StillOpen


@transaction.atomic
def _fail(refund: Refund, *, reason: str, among: Collection[RefundState]) -> None:
    """Of several who hear the refusal, one tells. What was settled otherwise stays settled."""
    assert refund.order
    waiting = Refund.objects.filter(
        pk=refund.pk, state__in=among, attempt=refund.attempt, paid_note=""
    )
    if not waiting.update(
        state=RefundState.FAILED, paid_at=None, failure=reason[:200], updated_at=timezone.now()
    ):
        return
    record_metric(Metric.REFUNDS_FAILED)
    publish(
        RefundFailed(
            refund_id=str(refund.pk),
            order_id=str(refund.order_id),
            number=refund.order.number,
            amount=refund.amount,
            reason=reason[:200],
        )
    )


def _announce_paid(refund_id: UUID, *, actor_id: int | None = None) -> None:
    order_id = Refund.objects.values_list("order", flat=True).get(pk=refund_id)
    publish(
        RefundPaid(refund_id=str(refund_id), order_id=str(order_id) if order_id else None),
        actor_id=actor_id,
    )
