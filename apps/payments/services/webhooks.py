"""Hear what gateways tell by themselves: each message once, in any order, and only if they signed it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import DataError, transaction

from apps.core.errors import NotFound
from apps.core.types import Money
from apps.events.services import publish
from apps.payments.errors import WebhookRefused
from apps.payments.events import PaymentDisputed, PaymentReviewRequired
from apps.payments.models import DiscrepancyKind, EventOutcome, Payment, WebhookEvent
from apps.payments.registry import WebhookSender, payment_providers
from apps.payments.services.discrepancies import note_discrepancy
from apps.payments.services.ledger import record_standing
from apps.payments.services.refunds import return_claim
from apps.payments.types import GatewayNews, NewsKind, Outcome

_NUL = "\x00"
_UNKEPT = "The message holds what cannot be kept."


def receive_webhook(
    *, gateway: str, body: bytes, headers: Mapping[str, str], now: datetime
) -> EventOutcome:
    """Take in a gateway's message: the message and its effect in one transaction, repeats without.

    Asks nobody: what only the gateway can confirm is asked after the commit. Raises NotFound,
    WebhookRefused.
    """
    sender = payment_providers.find(gateway)
    if not isinstance(sender, WebhookSender):
        raise NotFound
    signature = headers.get(sender.signature_header, "")
    news = _checked(sender.read_webhook(body=body, signature=signature, now=now))
    if _NUL in "".join((news.event_id, news.type, news.payment_id, news.reference)):
        raise WebhookRefused(_UNKEPT)
    try:
        return _take_in(news, gateway=gateway, digest=hashlib.sha256(body).hexdigest())
    except DataError as error:
        # It would be sent again for days, and could be kept at no time.
        raise WebhookRefused(_UNKEPT) from error


def _checked(news: GatewayNews) -> GatewayNews:
    """The news, if its fields are what they are declared to be: who makes it of JSON may have passed on
    a number for a text, or half a character. Raises WebhookRefused.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(news), type=GatewayNews)
    except (msgspec.MsgspecError, UnicodeError, OverflowError, TypeError) as error:
        raise WebhookRefused(_UNKEPT) from error


def _take_in(news: GatewayNews, *, gateway: str, digest: str) -> EventOutcome:
    with transaction.atomic():
        event, is_new = WebhookEvent.objects.get_or_create(
            gateway=gateway,
            event_id=news.event_id,
            defaults={
                "type": news.type[:100],
                "digest": digest,
                "news": msgspec.to_builtins(news),
                "outcome": EventOutcome.IGNORED,
            },
        )
        if is_new:
            _apply_news(event, news=news)
    return EventOutcome(event.outcome)


@transaction.atomic
def hear_again(*, event_pk: int) -> None:
    """Let a message of no payment we knew have its effect, should we know the payment by now."""
    unmatched = WebhookEvent.objects.select_for_update(skip_locked=True).filter(
        pk=event_pk, outcome=EventOutcome.UNMATCHED
    )
    if event := unmatched.first():
        _apply_news(event, news=msgspec.convert(event.news, GatewayNews))


def _apply_news(event: WebhookEvent, *, news: GatewayNews) -> None:
    """Let a message have its effect on the payment it is about, if we know that payment."""
    if news.kind != NewsKind.OTHER:
        payment = _find_payment(event.gateway, news=news)
        event.payment = payment
        event.outcome = _apply(payment, news=news) if payment else EventOutcome.UNMATCHED
        event.save(update_fields=["payment", "outcome"])


def _find_payment(gateway: str, *, news: GatewayNews) -> Payment | None:
    """The payment, locked; by our id where the message bears it, else by the gateway's reference."""
    payments = Payment.objects.select_for_update().filter(gateway=gateway)
    try:
        by_id = payments.filter(pk=UUID(news.payment_id)).first() if news.payment_id else None
    except ValueError:
        by_id = None
    if by_id or not news.reference:
        return by_id
    return payments.filter(gateway_reference=news.reference).first()


def _apply(payment: Payment, *, news: GatewayNews) -> EventOutcome:
    match news.kind:
        case NewsKind.DISPUTE:
            _announce_dispute(payment, news=news)
        case NewsKind.REFUND_FAILED:
            _note_failed_refund(payment, news=news)
        case _ if news.answer is None or _contradicts(payment, news=news):
            publish(
                PaymentReviewRequired(payment_id=str(payment.id), reference=str(payment.reference))
            )
            return EventOutcome.DOUBTED
        case _:
            record_standing(payment, answer=news.answer)
    return EventOutcome.APPLIED


def _contradicts(payment: Payment, *, news: GatewayNews) -> bool:
    """Whether an event, which may be an old one, says what our record rules out.

    That money was taken is always final. A hold of a closed payment, or the loss of a hold, may be;
    and what went back without us may be a refund of ours that has failed since.
    """
    if news.answer is None:
        return False
    if news.answer.captured_minor:
        return news.answer.refunded_minor > payment.refunded_minor
    lost = news.answer.outcome == Outcome.DECLINED and payment.authorised_minor > 0
    return not payment.captured_minor and (payment.closed_at is not None or lost)


def _note_failed_refund(payment: Payment, *, news: GatewayNews) -> None:
    """A refund did not reach the shopper; one made at the gateway's own desk has no claim of ours."""
    kind = DiscrepancyKind.REFUND_FAILED
    if news.refund_key:
        return_claim(payment, key=news.refund_key, reason=news.reason, kind=kind)
        return
    note_discrepancy(
        gateway=payment.gateway,
        reference=news.event_id,
        kind=kind,
        amount=news.amount or Money(payment.refunded_minor, payment.currency),
        payment=payment,
        note=news.reason,
    )


def _announce_dispute(payment: Payment, *, news: GatewayNews) -> None:
    publish(
        PaymentDisputed(
            payment_id=str(payment.id),
            reference=str(payment.reference),
            gateway=payment.gateway,
            amount=news.amount or Money(payment.captured_minor, payment.currency),
            reason=news.reason,
        )
    )
