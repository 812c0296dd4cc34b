"""Make quotes: everything about a sale that needs the database, in one signed document."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing
from django.utils import timezone, translation

from apps.cart.selectors import get_cart_of, price_cart
from apps.cart.types import CartItem, CartOwner, PricedCart
from apps.checkout.errors import CartEmpty, ItemsUnavailable, QuoteInvalid
from apps.checkout.types import Quote, SignedQuote
from apps.core.errors import InvalidInput
from apps.core.models import new_id
from apps.core.rules import digest_of
from apps.core.types import Address
from apps.orders.errors import MalformedRequest, OrderTooLarge
from apps.orders.services import check_draft_fits, check_units, upgrade
from apps.orders.types import DRAFT_VERSION, MOST_LINES, DraftLine, OrderDraft
from apps.payments.services import check_payable
from apps.pricing import selectors as pricing
from apps.pricing.errors import CountryNotServed
from apps.pricing.models import Market
from apps.pricing.types import LineToPrice, PriceContext, PricedLine, ShippingToPrice
from apps.shipping.errors import MethodNotAvailable
from apps.shipping.selectors import list_options
from apps.shipping.types import ShippingOption

_SALT = "checkout.quote"


class _Serializer:
    """Quotes as compact JSON with a schema; those of older versions are read as of today's."""

    def dumps(self, quote: Quote) -> bytes:
        return msgspec.json.encode(quote)

    def loads(self, data: bytes) -> Quote:
        return msgspec.convert(upgrade(msgspec.json.decode(data)), Quote)


def sign_quote(quote: Quote) -> SignedQuote:
    """Seal a quote, so that nobody can change what was promised."""
    document = signing.dumps(quote, salt=_SALT, serializer=_Serializer, compress=True)
    return SignedQuote(quote=quote, document=document)


def read_quote(document: str) -> Quote:
    """Open a sealed quote, of any version that is known here, without asking the database.

    Raises QuoteInvalid.
    """
    try:
        quote = signing.loads(document, salt=_SALT, serializer=_Serializer)
    except (signing.BadSignature, MalformedRequest, msgspec.DecodeError, ValueError) as error:
        raise QuoteInvalid from error
    if not isinstance(quote, Quote):
        raise QuoteInvalid
    return quote


def make_quote(
    *,
    owner: CartOwner,
    cart_id: UUID,
    market: Market,
    context: PriceContext,
    address: Address,
    email: str,
    shipping_method: str,
    language: str,
) -> SignedQuote:
    """Price the owner's cart in a context of the market, for one address and one shipping method.

    What is bought is called as the language calls it. Reserves nothing. Raises CartNotFound, and what
    quote_cart raises.
    """
    with translation.override(language):
        return quote_cart(
            price_cart(get_cart_of(owner, cart_id=cart_id), context=context),
            owner=owner,
            market=market,
            address=address,
            email=email,
            shipping_method=shipping_method,
            language=language,
        )


def quote_cart(
    cart: PricedCart,
    *,
    owner: CartOwner,
    market: Market,
    address: Address,
    email: str,
    shipping_method: str,
    language: str,
) -> SignedQuote:
    """Quote the owner's cart in the context that it was just priced in; reserves nothing.

    Raises CartEmpty, ItemsUnavailable, CountryNotServed, MethodNotAvailable, TaxRateMissing,
    OrderTooLarge, TooManyUnits, AmountTooSmall, InvalidInput.
    """
    if address.country not in market.countries:
        raise CountryNotServed
    if language not in market.languages:
        spoken = ", ".join(market.languages)
        raise InvalidInput(errors={"language": [f"This market speaks {spoken}."]})
    _check_buyable(cart)
    if owner.customer_id is None:
        check_units({item.sku: item.quantity for item in cart.items})
    shipping = _choose(
        list_options(country=address.country, amount=cart.subtotal, weight_grams=cart.weight_grams),
        code=shipping_method,
    )
    draft = _draft(
        cart=cart,
        shipping=shipping,
        rates=pricing.tax_rates(
            country=address.country,
            postcode=address.postcode,
            region=address.region,
            tax_classes={pricing.SHIPPING_CLASS, *(item.tax_class for item in cart.items)},
        ),
        address=address,
        email=email,
        language=language,
        customer_id=owner.customer_id,
    )
    check_draft_fits(draft)
    check_payable(amount=draft.total, payer_id=owner.customer_id)
    quote = Quote(
        version=DRAFT_VERSION,
        draft=draft,
        expires_at=timezone.now() + timedelta(minutes=settings.QUOTE_MINUTES),
        holder_digest=digest_of(text=owner.secret) if owner.secret else "",
    )
    return sign_quote(quote)


def _check_buyable(cart: PricedCart) -> None:
    if not cart.items:
        raise CartEmpty
    if len(cart.items) > MOST_LINES:
        raise OrderTooLarge(limit=f"{MOST_LINES} lines")
    if missing := [item.sku for item in cart.items if not item.is_buyable]:
        raise ItemsUnavailable(skus=missing)


def _choose(options: list[ShippingOption], *, code: str) -> ShippingOption:
    for option in options:
        if option.code == code:
            return option
    raise MethodNotAvailable(available=[option.code for option in options])


def _draft(
    *,
    cart: PricedCart,
    shipping: ShippingOption,
    rates: Mapping[str, Decimal],
    address: Address,
    email: str,
    language: str,
    customer_id: int | None,
) -> OrderDraft:
    context = cart.context
    to_price = [
        LineToPrice(
            quantity=item.quantity,
            list_price=item.unit_price or Decimal(0),
            unit_price=item.unit_price or Decimal(0),
            tax_rate=rates[item.tax_class],
        )
        for item in cart.items
    ]
    shipping_tax_rate = rates[pricing.SHIPPING_CLASS]
    priced = pricing.quote(
        lines=to_price,
        shipping=ShippingToPrice(amount_minor=shipping.price.minor, tax_rate=shipping_tax_rate),
        currency=context.currency,
        tax_included=context.tax_included,
    )
    lines = tuple(
        _line(item, line=line, priced=result)
        for item, line, result in zip(cart.items, to_price, priced.lines, strict=True)
    )
    return OrderDraft(
        id=new_id(),
        market=context.market,
        currency=context.currency,
        tax_included=context.tax_included,
        language=language,
        email=email,
        address=address,
        shipping_method=shipping.code,
        shipping_name=str(shipping.name),
        shipping_tax_rate=shipping_tax_rate,
        shipping_adjustments=priced.shipping.adjustments,
        lines=lines,
        totals=priced.totals,
        channel=context.channel,
        customer_id=customer_id,
        cart_id=cart.id,
        cart_version=cart.version,
    )


def _line(item: CartItem, *, line: LineToPrice, priced: PricedLine) -> DraftLine:
    return DraftLine(
        sku=item.sku,
        title=str(item.title),
        options=str(item.options),
        quantity=item.quantity,
        list_price=line.list_price,
        unit_price=line.unit_price,
        amount_minor=priced.amount_minor,
        paid_minor=priced.paid_minor,
        adjustments=priced.adjustments,
        tax_minor=priced.tax_minor,
        tax_rate=line.tax_rate,
    )
