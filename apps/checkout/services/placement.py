"""Accept orders. Nothing here touches the database, so that an outage does not stop a sale."""

from datetime import datetime

from django.utils.crypto import constant_time_compare

from apps.checkout.errors import QuoteExpired, QuoteNotYours
from apps.checkout.selectors import status_key_of
from apps.checkout.services.order_limits import check_recipient_rate
from apps.checkout.services.quotes import read_quote
from apps.checkout.types import Placement, Quote
from apps.core.rules import digest_of, public_number
from apps.orders.services import check_units_from, fingerprint, is_guests, send_request
from apps.orders.types import Channel, OrderRequest
from apps.payments.services import check_amount, check_token


def place(
    *,
    document: str,
    gateway: str,
    payment_token: str,
    now: datetime,
    customer_id: int | None = None,
    secret: str = "",
    address: str = "",
) -> Placement:
    """Verify a quote and put it on the orders queue; the quote's id makes a repeat harmless.

    `address` is where on the network a guest asks from. Raises QuoteInvalid, QuoteExpired, QuoteNotYours,
    UnknownPaymentToken, AccountNeeded, AmountTooSmall, InvalidInput, TooManyOrders, TooManyUnitsHere,
    TooMany, OrderTooLarge, TemporarilyUnavailable.
    """
    quote = read_quote(document)
    _check_holder(quote, customer_id=customer_id, secret=secret)
    if quote.expires_at < now:
        raise QuoteExpired
    if quote.draft.channel != Channel.IMPORT:
        # What another service sold is not paid here again, also where nobody is offered the demo bank.
        check_token(gateway=gateway, token=payment_token, payer_id=quote.draft.customer_id)
        check_amount(gateway=gateway, amount=quote.draft.total)
    if is_guests(quote.draft):
        check_units_from(address, quote.draft)
        check_recipient_rate(email=quote.draft.email, order_id=quote.draft.id)
    request = OrderRequest(
        version=quote.version,
        draft=quote.draft,
        gateway=gateway,
        payment_token=payment_token,
        accepted_at=now,
        fingerprint=fingerprint(gateway=gateway, payment_token=payment_token),
    )
    send_request(request)
    return Placement(
        order_id=quote.draft.id,
        number=public_number(source=quote.draft.id),
        status_key=status_key_of(quote.draft.id),
    )


def _check_holder(quote: Quote, *, customer_id: int | None, secret: str) -> None:
    """The customer the quote names may place it, and so may whoever holds its secret."""
    if customer_id is not None and customer_id == quote.draft.customer_id:
        return
    # A quote without a holder has an empty digest, which is that of no secret.
    holds = bool(secret) and constant_time_compare(digest_of(text=secret), quote.holder_digest)
    if not holds:
        raise QuoteNotYours
