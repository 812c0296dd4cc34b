"""Accept orders. Nothing here touches the database, so that an outage does not stop a sale."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.crypto import constant_time_compare

from apps.checkout.errors import QuoteExpired, QuoteNotYours
from apps.checkout.rules import share_out
from apps.checkout.selectors import is_status_key, status_key_of
from apps.checkout.services.order_limits import check_recipient_rate
from apps.checkout.services.quotes import read_quote
from apps.checkout.types import Placement, Quote, WayToPay
from apps.core.errors import NotFound
from apps.core.rules import digest_of, public_number
from apps.core.types import Money
from apps.orders.services import (
    begin_payment,
    check_units_from,
    fingerprint,
    give_up_payment,
    is_guests,
    send_request,
)
from apps.orders.types import Channel, OrderDraft, OrderRequest
from apps.payments.services import check_amount, check_payable, check_token
from apps.payments.types import Share


def place(
    *,
    document: str,
    payments: Sequence[WayToPay],
    now: datetime,
    customer_id: int | None = None,
    secret: str = "",
    address: str = "",
) -> Placement:
    """Verify a quote and put it on the orders queue; the quote's id makes a repeat harmless.

    `payments` are the ways to pay, in the order in which money is held and goes back by them; what their
    amounts do not cover is asked for once the order is there. `address` is where on the network a guest
    asks from. Raises QuoteInvalid, QuoteExpired, QuoteNotYours, UnknownPaymentToken, AccountNeeded,
    AmountTooSmall, InvalidInput, TooManyOrders, TooManyUnitsHere, TooMany, OrderTooLarge,
    TemporarilyUnavailable.
    """
    quote = open_quote(document, customer_id=customer_id, secret=secret)
    if quote.expires_at < now:
        raise QuoteExpired
    shares = share_out(payments, total=quote.draft.total)
    if quote.draft.channel != Channel.IMPORT:
        # What another service sold is not paid here again, also where nobody is offered the demo bank.
        _check_ways(shares, draft=quote.draft)
    if is_guests(quote.draft):
        check_units_from(address, quote.draft)
        check_recipient_rate(email=quote.draft.email, order_id=quote.draft.id)
    request = OrderRequest(
        version=quote.version,
        draft=quote.draft,
        payments=shares,
        accepted_at=now,
        fingerprint=fingerprint(shares, total_minor=quote.draft.total.minor),
    )
    send_request(request)
    return Placement(
        order_id=quote.draft.id,
        number=public_number(source=quote.draft.id),
        status_key=status_key_of(quote.draft.id),
    )


def pay(*, order_id: UUID, key: str, way: WayToPay, customer_id: int | None) -> None:
    """Have an order that waits for money paid by another way, or by one more; who has its status key may.

    Only its own customer, logged in, can pay it on their account. Raises NotFound for a wrong key, NotPayable,
    NothingDue, PaymentUnderWay, TooManyAttempts, UnknownPaymentToken, AccountNeeded, AmountTooSmall.
    """
    if not is_status_key(key, order_id=order_id):
        raise NotFound
    begin_payment(
        order_id=order_id,
        gateway=way.gateway,
        token=way.token,
        customer_id=customer_id,
        expected=way.attempt,
    )


def give_up(*, order_id: UUID, key: str) -> None:
    """Stop an order that waits for money, so that its shopper has the cart back; what is held or taken goes back.

    Raises NotFound for a wrong key, NotPayable for an order that does not wait.
    """
    if not is_status_key(key, order_id=order_id):
        raise NotFound
    give_up_payment(order_id=order_id)


def _check_ways(shares: Sequence[Share], *, draft: OrderDraft) -> None:
    """Refuse a way that is not open to the payer, or an amount that it never takes; a rest as well."""
    for share in shares:
        check_token(gateway=share.gateway, token=share.token, payer_id=draft.customer_id)
        check_amount(gateway=share.gateway, amount=Money(share.amount_minor, draft.currency))
    rest = draft.total.minor - sum(share.amount_minor for share in shares)
    check_payable(amount=Money(rest, draft.currency), payer_id=draft.customer_id)


def open_quote(document: str, *, customer_id: int | None = None, secret: str = "") -> Quote:
    """The quote, for the customer that it names or whoever holds its secret. Raises QuoteInvalid, QuoteNotYours."""
    quote = read_quote(document)
    if customer_id is not None and customer_id == quote.draft.customer_id:
        return quote
    # A quote without a holder has an empty digest, which is that of no secret.
    holds = bool(secret) and constant_time_compare(digest_of(text=secret), quote.holder_digest)
    if not holds:
        raise QuoteNotYours
    return quote
