"""Go through a gateway's own books: what it has and our ledger has not is recorded, or returned."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID

from django.core.cache import cache

from apps.core.services import STEP_SECONDS, each_alone, seconds_left
from apps.core.types import Money
from apps.payments import rules
from apps.payments.models import Discrepancy, DiscrepancyKind, Payment
from apps.payments.registry import PaymentLister, offered_names, payment_providers
from apps.payments.services.discrepancies import note_discrepancy, settle_discrepancy
from apps.payments.services.provider_calls import CircuitBreaker
from apps.payments.services.refunds import return_unknown
from apps.payments.services.resolution import bring_up
from apps.payments.types import GatewayRecord, Outcome

LOOK_BACK = timedelta(hours=24)
# Money of no payment we know is left alone so long: our own record of it may still be on its way.
RETURN_AFTER = timedelta(minutes=10)
logger = logging.getLogger(__name__)

BATCH, AT_MOST = 100, 2000
_CURSOR_SECONDS = 3600


def compare_books(*, now: datetime, breaker: CircuitBreaker) -> None:
    """Compare each gateway that lists its payments with our ledger, a day back at most."""

    def compare(name: str) -> None:
        provider = payment_providers.get(name)
        if isinstance(provider, PaymentLister):
            breaker.attempt(name, _compare, name, provider, now=now, breaker=breaker)

    each_alone("payments.reconcile:books", offered_names(), compare)


def _compare(name: str, books: PaymentLister, *, now: datetime, breaker: CircuitBreaker) -> None:
    """Newest first; the next run begins where this one ended: at the bound, or for lack of time."""
    cursor = f"payments.compare:{name}"
    last = _recall(cursor)
    records = books.list_since(now - LOOK_BACK, until=last)
    seen = 0
    for batch in _batches(islice(records, AT_MOST)):
        compared = _compare_batch(name, batch, now=now, breaker=breaker)
        last = compared[-1].opened_at if compared else last
        seen += len(compared)
        if len(compared) < len(batch) or _is_over(name, breaker):
            break
    else:
        last = last if seen == AT_MOST else None
    _keep(cursor, last)


def _is_over(name: str, breaker: CircuitBreaker) -> bool:
    """Whether nothing more is asked in this run: time is short, or the gateway does not answer."""
    left = seconds_left()
    return breaker.is_open(name) or (left is not None and left < STEP_SECONDS)


def _compare_batch(
    name: str, batch: Sequence[GatewayRecord], *, now: datetime, breaker: CircuitBreaker
) -> Sequence[GatewayRecord]:
    """Returns the batch as far as it was compared; what failed before and rests counts as compared."""
    payments, noted = _payments_of(name, batch), _noted(name, batch)
    done: set[str] = set()

    def compare(record: GatewayRecord) -> None:
        done.add(record.reference)
        if payment := payments.get(record.payment_id):
            was_noted = record.reference in noted
            breaker.attempt(name, _compare_one, payment, record=record, was_noted=was_noted)
        else:
            breaker.attempt(name, _return_unknown, name, record, now=now)
        if breaker.is_open(name):
            done.discard(record.reference)

    sweep = f"payments.reconcile:{name}"
    each_alone(sweep, batch, compare, key=lambda record: record.reference)
    if not _is_over(name, breaker):
        return batch
    return list(takewhile(lambda record: record.reference in done, batch))


def _recall(cursor: str) -> datetime | None:
    """Where the last run ended; without a cache each begins with the newest."""
    try:
        found: datetime | None = cache.get(cursor)
    except Exception:
        logger.exception("the comparison begins anew")
        return None
    return found


def _keep(cursor: str, last: datetime | None) -> None:
    try:
        cache.set(cursor, last, _CURSOR_SECONDS)
    except Exception:
        logger.exception("the next comparison begins anew")


def _compare_one(payment: Payment, *, record: GatewayRecord, was_noted: bool) -> None:
    if rules.has_moved(record.answer, ledger=payment):
        payment = bring_up(payment, answer=record.answer)
    taken, returned = record.answer.captured_minor, record.answer.refunded_minor
    differs = payment.captured_minor != taken or payment.refunded_minor > returned
    if record.amount != payment.amount or (payment.captured_minor and differs):
        note_discrepancy(
            gateway=payment.gateway,
            reference=record.reference,
            kind=DiscrepancyKind.AMOUNT,
            amount=record.amount,
            payment=payment,
            note=f"the gateway has taken {taken} and returned {returned}",
        )
    elif was_noted:
        settle_discrepancy(
            gateway=payment.gateway, reference=record.reference, kind=DiscrepancyKind.AMOUNT
        )


def _return_unknown(name: str, record: GatewayRecord, *, now: datetime) -> None:
    """Let go of, or send back, money of a payment that is not in our ledger. Raises GatewayUnavailable."""
    answer = record.answer
    kept = answer.captured_minor - answer.refunded_minor
    held = answer.outcome == Outcome.SUCCEEDED and not answer.captured_minor
    if not held and kept <= 0:
        return
    kind = DiscrepancyKind.UNKNOWN
    amount = record.amount if held else Money(kept, record.amount.currency)
    note_discrepancy(gateway=name, reference=record.reference, kind=kind, amount=amount)
    if record.opened_at > now - RETURN_AFTER:
        return
    if return_unknown(
        gateway=payment_providers.get(name), record=record, amount=amount, is_held=held
    ):
        note = "let go of" if held else "sent back"
        settle_discrepancy(gateway=name, reference=record.reference, kind=kind, note=note)


def _payments_of(name: str, records: Sequence[GatewayRecord]) -> Mapping[str, Payment]:
    ids = [found for record in records if (found := _uuid_of(record.payment_id))]
    payments = Payment.objects.filter(gateway=name, pk__in=ids)
    return {str(payment.pk): payment for payment in payments}


def _noted(name: str, records: Sequence[GatewayRecord]) -> set[str]:
    """The references under which another amount was noted, and is not settled."""
    references = [record.reference for record in records]
    noted = Discrepancy.objects.filter(
        gateway=name,
        gateway_reference__in=references,
        kind=DiscrepancyKind.AMOUNT,
        settled_at=None,
    )
    return set(noted.values_list("gateway_reference", flat=True))


def _uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _batches(records: Iterator[GatewayRecord]) -> Iterator[list[GatewayRecord]]:
    while batch := list(islice(records, BATCH)):
        yield batch
