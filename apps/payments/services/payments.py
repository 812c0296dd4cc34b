"""Hold, take and let go: ask the gateway outside any transaction, then record its answer in one."""

import logging
from collections.abc import Sequence
from typing import NoReturn
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.models import new_id
from apps.core.types import Money
from apps.payments import rules
from apps.payments.errors import (
    AccountNeeded,
    AmountTooSmall,
    CaptureDeclined,
    CurrencyNotTaken,
    GatewayUnavailable,
    NothingDue,
    PaymentUnderWay,
    TooManyAttempts,
    UnknownPaymentToken,
)
from apps.payments.models import Payment
from apps.payments.registry import offered_names, payment_providers
from apps.payments.selectors import list_payments
from apps.payments.services.ledger import (
    record_authorisation,
    record_capture,
    record_late_answer,
    record_refused_capture,
    record_release,
)
from apps.payments.services.provider_calls import ask, request_of
from apps.payments.types import GatewayAnswer, Outcome, Share, Standing, TransactionKind

logger = logging.getLogger(__name__)


def check_token(*, gateway: str, token: str, payer_id: int | None = None) -> None:
    """Refuse a payment token that the gateway cannot have issued; asks nobody.

    Raises UnknownPaymentToken, AccountNeeded.
    """
    if gateway not in offered_names() or not payment_providers.get(gateway).accepts(token):
        raise UnknownPaymentToken
    if payment_providers.get(gateway).needs_payer and payer_id is None:
        raise AccountNeeded


def takes_amount(*, gateway: str, amount: Money) -> bool:
    """Whether a gateway takes so much: nothing at all is paid by any, more only from its least on."""
    least = payment_providers.get(gateway).least(amount.currency)
    return not amount.minor or (least is not None and amount.minor >= least)


def check_amount(*, gateway: str, amount: Money) -> None:
    """Refuse an amount that the gateway never takes; asks nobody. Raises AmountTooSmall, CurrencyNotTaken."""
    if not takes_amount(gateway=gateway, amount=amount):
        _refuse(amount, gateways=[gateway])


def check_payable(*, amount: Money, payer_id: int | None) -> None:
    """Refuse an amount that none of the shop's gateways takes from this payer.

    Raises AmountTooSmall, CurrencyNotTaken.
    """
    open_to_them = [
        name
        for name in offered_names()
        if payer_id is not None or not payment_providers.get(name).needs_payer
    ]
    if open_to_them and not any(takes_amount(gateway=one, amount=amount) for one in open_to_them):
        _refuse(amount, gateways=open_to_them)


def _refuse(amount: Money, *, gateways: Sequence[str]) -> NoReturn:
    """Say from which amount on any of the gateways takes the currency, or that none does."""
    leasts = [payment_providers.get(one).least(amount.currency) for one in gateways]
    taken = [least for least in leasts if least is not None]
    if not taken:
        raise CurrencyNotTaken
    raise AmountTooSmall(least=str(Money(min(taken), amount.currency)))


def may_answer_late(*, gateway: str) -> bool:
    """Whether the gateway is asked over a network, so that nothing else should wait for its answer."""
    return payment_providers.get(gateway).is_remote


def open_payments(
    *, reference: UUID, shares: Sequence[Share], currency: str, payer_id: int | None = None
) -> list[Payment]:
    """Write down by what payments an order is to be paid, in one statement, before any gateway hears of it."""
    return Payment.objects.bulk_create(
        _payment(reference, share=number, by=share, currency=currency, payer_id=payer_id)
        for number, share in enumerate(shares)
    )


@transaction.atomic
def open_next_attempt(
    *,
    reference: UUID,
    total: Money,
    gateway: str,
    token: str,
    payer_id: int | None = None,
    expected: str = "",
) -> Payment:
    """Begin to pay, by this way, what an order of this total (tax included) has to find money for next.

    That is the first share that is not held: whose attempts all ended, or whose attempt waits for a shopper
    who has come back instead; that one is closed, and whatever it brings later goes back. Else it is what
    the shares do not cover. `expected` is which attempt is asked for (`Standing.next_attempt`), so that a repeat
    begins no other; the same way asked for again while its answer is awaited is the same attempt. Whoever
    calls holds the order's lock, so that two never begin at once.

    Raises NothingDue, PaymentUnderWay, TooManyAttempts, and what `check_token` and `check_amount` raise.
    """
    check_token(gateway=gateway, token=token, payer_id=payer_id)
    payments = list(list_payments(reference))
    standing = rules.standing_of(payments, total_minor=total.minor)
    if twin := _repeated(payments, standing, gateway=gateway, token=token, expected=expected):
        return twin
    if not standing.next_attempt:
        raise PaymentUnderWay if standing.is_under_way else NothingDue
    if expected not in {"", standing.next_attempt}:
        raise PaymentUnderWay
    if len(payments) >= rules.MOST_ATTEMPTS:
        raise TooManyAttempts
    amount = Money(standing.next_attempt_minor, total.currency)
    check_amount(gateway=gateway, amount=amount)
    share, attempt = map(int, standing.next_attempt.split("."))
    _close_what_waits(payments, share=share)
    payment = _payment(
        reference,
        share=share,
        attempt=attempt,
        by=Share(gateway=gateway, token=token, amount_minor=amount.minor),
        currency=total.currency,
        payer_id=payer_id,
    )
    payment.save(force_insert=True)
    return payment


def _repeated(
    payments: Sequence[Payment], standing: Standing, *, gateway: str, token: str, expected: str
) -> Payment | None:
    """The attempt that is asked for once more, by the same way: the expected one, or the one under way."""
    for payment in payments:
        if (payment.gateway, payment.token) == (gateway, token):
            is_meant = expected == rules.name_of(payment)
            if is_meant or (not expected and standing.under_way == rules.name_of(payment)):
                return payment
    return None


def _close_what_waits(payments: Sequence[Payment], *, share: int) -> None:
    """Close the attempt that another takes the place of. Raises PaymentUnderWay if the shopper has just paid."""
    for payment in payments:
        if payment.share == share and payment.is_live:
            waiting = Payment.objects.filter(pk=payment.pk, closed_at=None, authorised_minor=0)
            if not waiting.update(closed_at=timezone.now()):
                raise PaymentUnderWay


def _payment(
    reference: UUID,
    *,
    share: int,
    by: Share,
    currency: str,
    payer_id: int | None,
    attempt: int = 1,
) -> Payment:
    return Payment(
        id=new_id(),
        reference=reference,
        share=share,
        attempt=attempt,
        payer_id=payer_id,
        gateway=by.gateway,
        token=by.token,
        currency=currency,
        amount_minor=by.amount_minor,
    )


def authorise_payment(payment: Payment) -> GatewayAnswer:
    """Hold the whole amount; a repeat asks with the same key and changes nothing.

    Where there is nothing to pay, no gateway is asked. A hold that comes too late, because the
    payment was closed meanwhile, is let go of. Raises GatewayUnavailable.
    """
    if not payment.amount_minor:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED)
    if known := _known_authorisation(payment):
        return known
    gateway = payment_providers.get(payment.gateway)
    answer = ask(gateway, gateway.authorise, request_of(payment, kind=TransactionKind.AUTHORISE))
    if record_authorisation(payment, answer=answer):
        return answer
    payment.refresh_from_db()
    if payment.closed_at and not payment.captured_minor:
        record_late_answer(payment, answer=answer)
        payment.refresh_from_db()
        let_go(payment)
    return _known_authorisation(payment) or answer


def _known_authorisation(payment: Payment) -> GatewayAnswer | None:
    outcome = None
    if payment.captured_minor:
        outcome = Outcome.SUCCEEDED
    elif payment.closed_at:
        return GatewayAnswer(outcome=Outcome.DECLINED, reason="declined before")
    elif payment.authorised_minor:
        outcome = Outcome.SUCCEEDED
    elif payment.action_url:
        outcome = Outcome.ACTION_REQUIRED
    if outcome is None:
        return None
    return GatewayAnswer(
        outcome=outcome, reference=payment.gateway_reference, action_url=payment.action_url
    )


def capture_payment(payment: Payment) -> None:
    """Take the authorised amount, once however many ask.

    Raises GatewayUnavailable; CaptureDeclined if the money will never be had, which is then announced.
    """
    if payment.captured_minor or not payment.amount_minor:
        return
    gateway = payment_providers.get(payment.gateway)
    answer = ask(gateway, gateway.capture, request_of(payment, kind=TransactionKind.CAPTURE))
    if answer.outcome == Outcome.SUCCEEDED:
        record_capture(payment, answer=answer)
        return
    if answer.outcome != Outcome.DECLINED:
        raise GatewayUnavailable(f"{payment.id}: capture {answer.outcome}")
    record_refused_capture(payment, answer=answer)
    payment.refresh_from_db()
    try:
        let_go(payment)
    except GatewayUnavailable:
        logger.warning("payment %s may still be held; the reconciler will ask", payment.id)
    raise CaptureDeclined(reason=answer.reason)


def void_payment(*, payment_id: UUID) -> None:
    """Close a payment of an order that will not be, and let go of what was held for it.

    A captured payment is left alone. An authorisation still under way finds the payment closed, and
    lets go itself. Raises GatewayUnavailable.
    """
    still_open = Payment.objects.filter(pk=payment_id, captured_minor=0, closed_at=None)
    still_open.update(closed_at=timezone.now())
    payment = Payment.objects.get(pk=payment_id)
    if payment.authorised_minor or payment.action_url:
        let_go(payment)


def let_go(payment: Payment) -> None:
    """Have the gateway release what it holds for a closed payment; a repeat asks nobody.

    Money that turns out to be taken already is recorded as such. Raises GatewayUnavailable.
    """
    if payment.captured_minor or payment.released_at or not payment.closed_at:
        return
    gateway = payment_providers.get(payment.gateway)
    answer = ask(gateway, gateway.void, request_of(payment, kind=TransactionKind.VOID))
    if answer.captured_minor:
        record_capture(payment, answer=answer)
    elif answer.outcome == Outcome.SUCCEEDED:
        record_release(payment, answer=answer)
    else:
        raise GatewayUnavailable(f"{payment.id}: void {answer.outcome} {answer.reason}")
