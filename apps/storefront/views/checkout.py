"""From the cart to a paid order. `place` asks no database, and `order_status` can answer without one."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.selectors import list_addresses
from apps.cart.types import CartOwner, PricedCart
from apps.checkout import services
from apps.checkout.errors import QuoteExpired, QuoteInvalid, QuoteNotYours
from apps.checkout.selectors import status_key_of, track_order
from apps.core.errors import DomainError, NotFound
from apps.core.selectors import client_address
from apps.core.types import Money
from apps.orders.types import Channel, OrderDraft, OrderStatus
from apps.payments.errors import GatewayUnavailable, UnknownPaymentToken
from apps.payments.selectors import (
    find_credit_account,
    find_payment_by_id,
    list_fake_tokens,
)
from apps.payments.services import confirm_by_shopper, resolve_payment, takes_amount
from apps.payments.types import HOSTED_PAGE, ON_ACCOUNT
from apps.pricing.models import Market
from apps.shipping.selectors import list_options
from apps.shipping.types import ShippingOption
from apps.storefront.forms import CheckoutForm, PurchaseOrderForm
from apps.storefront.selectors import what_came_back
from apps.storefront.views.cart import load_cart
from apps.storefront.views.pages import (
    guest_secret,
    keep_private,
    markets_of,
    owner_of,
    remember,
    show_count,
    with_secret,
)

# Orders of which something may have been issued, asked or granted.
_WITH_PAPERS = frozenset({OrderStatus.PAID, OrderStatus.COMPLETED, OrderStatus.CANCELLED})
_RETURN_SECONDS = 5
# A form that comes with one of these is to be shown as it is, not yet judged.
_CHOICES = frozenset({"market", "language"})
_ONLY_LOOKS = _CHOICES | {"change"}


@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """One page: where to, how, and the total with the button that buys.

    A post with a complete address shows the total; the total's own form places the order, or comes
    back here with `change` to go over the address again.
    """
    market, markets = markets_of(request)
    form = _form_of(request, market=market)
    wants_total = request.method == "POST" and not _ONLY_LOOKS & request.POST.keys()
    return _checkout_page(request, form, market=market, markets=markets, wants_total=wants_total)


def _checkout_page(
    request: HttpRequest,
    form: CheckoutForm,
    *,
    market: Market,
    markets: list[Market],
    wants_total: bool,
    number: PurchaseOrderForm | None = None,
) -> HttpResponse:
    """The checkout, with the total if it is wanted; `number` is the purchase order that was refused."""
    cart = load_cart(request, market=market)
    if cart is None or not cart.items:
        return redirect("storefront:cart")
    owner = with_secret(owner_of(request))
    page: dict[str, Any] = {"form": form, "cart": cart, "lines": cart.items}
    status = 200
    if wants_total:
        shown, status = _total(form, cart=cart, owner=owner, market=market)
        page |= shown
    if "quote" in page:
        page |= _ways_to_pay(page["quote"].draft, number=number)
        status = 422 if number else status
    else:
        options = _options(form, cart=cart, market=market)
        page |= {"options": options, "chosen_method": _chosen(form, options)}
    # No shelves here: nothing leads away from the way to the button.
    frame = {"market": market, "markets": markets, "keeps_typed": True}
    response = render(request, "storefront/checkout.html", {**frame, **page}, status=status)
    remember(response, secret=owner.secret, request=request)
    return keep_private(response)


@require_safe
def on_account(request: HttpRequest, currency: str) -> HttpResponse:
    """The way to pay of a customer with a credit account, as a part of the checkout; else nothing."""
    customer_id = request.user.pk if request.user.is_authenticated else None
    total = request.GET.get("total", "")
    minor = int(total) if total.isascii() and total.isdigit() and len(total) < 16 else 0
    account = _on_account(customer_id, currency=currency, minor=minor)
    if account is None:
        return keep_private(HttpResponse())
    context = {"account": account}
    return keep_private(render(request, "storefront/parts/on_account.html", context))


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Take the order; the answer is the status page, or a refusal that keeps the quote at hand."""
    secret = guest_secret(request)
    document = request.POST.get("quote", "")
    gateway, token = _means_of(request)
    address = client_address(request.META)
    try:
        services.check_guest_rate(address=address, secret=secret)
        placed = services.place(
            document=document,
            gateway=gateway,
            payment_token=token,
            now=timezone.now(),
            secret=secret,
            address=address,
        )
    except DomainError as refusal:
        if gateway == ON_ACCOUNT and isinstance(refusal, UnknownPaymentToken):
            return _ask_for_number(request, refusal, document=document)
        return _refused(request, refusal, document=document)
    response = redirect("storefront:order-status", placed.order_id, placed.status_key)
    show_count(response, count=0, request=request)
    return keep_private(response)


def _refused(request: HttpRequest, refusal: DomainError, *, document: str) -> HttpResponse:
    ordered = services.read_quote(document).draft.id if isinstance(refusal, QuoteExpired) else None
    context = {
        "typed": _typed_for(document, refusal=refusal),
        "problem": str(refusal),
        "code": refusal.code,
        "ordered": ordered,
        "ordered_key": status_key_of(ordered) if ordered else "",
        "document": document,
        "payment_token": request.POST.get("payment_token", ""),
        "purchase_order": request.POST.get("purchase_order", ""),
    }
    response = render(request, "storefront/refused.html", context, status=refusal.status)
    if refusal.retry_after_seconds is not None:
        response["Retry-After"] = str(refusal.retry_after_seconds)
    return keep_private(response)


def _typed_for(document: str, *, refusal: DomainError) -> dict[str, Any]:
    """What a shopper has typed for a total that was theirs; nothing of one that was not."""
    try:
        draft = services.read_quote(document).draft
    except QuoteInvalid:
        return {}
    if isinstance(refusal, QuoteNotYours):
        return {}
    fields = msgspec.structs.asdict(draft.address)
    return fields | {"email": draft.email, "shipping_method": draft.shipping_method}


def _ask_for_number(request: HttpRequest, refusal: DomainError, *, document: str) -> HttpResponse:
    """The total once more, at today's prices, with what is wrong beside the purchase order number."""
    draft = services.read_quote(document).draft
    number = PurchaseOrderForm(request.POST)
    if draft.customer_id is None or number.is_valid():
        return _refused(request, refusal, document=document)
    market, markets = markets_of(request)
    typed = _typed_for(document, refusal=refusal)
    form = CheckoutForm(typed, country_codes=market.countries)
    return _checkout_page(
        request, form, market=market, markets=markets, wants_total=True, number=number
    )


@require_safe
def order_status(request: HttpRequest, order_id: UUID, key: str) -> HttpResponse:
    """Where the order stands; the page asks again by itself until that is settled."""
    try:
        progress = track_order(
            order_id=order_id, key=key, if_placed=request.GET.get("if_placed") == "1"
        )
    except NotFound as error:
        raise Http404 from error
    back = what_came_back(order_id, key=key) if progress.status in _WITH_PAPERS else None
    seen = f"{progress.standing}-{back.standing}" if back else progress.standing
    context = {
        "progress": progress,
        "key": key,
        "seen": seen,
        "back": back,
        "pictures_lost": request.GET.get("pictures") == "lost",
        "shop_email": settings.SHOP_SELLER["email"],
    }
    if not request.htmx:  # type: ignore[attr-defined]
        return keep_private(render(request, "storefront/order_status.html", context))
    if request.GET.get("seen") == seen:
        return keep_private(HttpResponse(status=204))
    return keep_private(render(request, "storefront/order_progress.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
def fake_bank(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The demo bank's own page, where the shopper agrees or refuses."""
    payment = find_payment_by_id(payment_id) if "fake" in settings.PAYMENT_GATEWAYS else None
    if payment is None or payment.gateway != "fake" or not payment.action_url:
        raise Http404
    if request.method == "POST":
        try:
            confirm_by_shopper(payment_id=payment_id, agrees=request.POST.get("answer") == "agree")
        except DomainError as refusal:
            context = {"payment": payment, "amount": payment.amount, "problem": str(refusal)}
            return keep_private(render(request, "storefront/demo_bank.html", context, status=409))
        return redirect(
            "storefront:order-status", payment.reference, status_key_of(payment.reference)
        )
    context = {"payment": payment, "amount": payment.amount}
    return keep_private(render(request, "storefront/demo_bank.html", context))


@require_safe
def payment_return(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Where a gateway's own page sends the shopper, paid or not: on to the status of the order."""
    payment = find_payment_by_id(payment_id)
    if payment is None:
        raise Http404
    # If the gateway does not answer now, its webhook or the reconciler tells us later. One question
    # in a few seconds is enough, however often the page is asked for.
    if cache.add(f"payment-return:{payment_id}", 1, timeout=_RETURN_SECONDS):
        with suppress(GatewayUnavailable):
            resolve_payment(reference=payment.reference)
    key = status_key_of(payment.reference)
    return keep_private(redirect("storefront:order-status", payment.reference, key))


def _means_of(request: HttpRequest) -> tuple[str, str]:
    """The gateway and its token, of the way to pay that was chosen."""
    chosen = request.POST.get("payment_token", "")
    if chosen == ON_ACCOUNT:
        return ON_ACCOUNT, request.POST.get("purchase_order", "").strip()
    return ("stripe" if chosen == HOSTED_PAGE else "fake"), chosen


def _form_of(request: HttpRequest, *, market: Market) -> CheckoutForm:
    if request.method == "POST" and _CHOICES & request.POST.keys():
        # What was typed, in a language or for a market in which nobody has asked for a total yet.
        return CheckoutForm(initial=request.POST.dict(), country_codes=market.countries)
    if request.method == "POST":
        return CheckoutForm(request.POST, country_codes=market.countries)
    initial: dict[str, Any] = {"country": market.countries[0]}
    if request.user.is_authenticated:
        initial |= {"email": request.user.email, "name": request.user.name}
        saved = list_addresses(request.user).first()
        if saved and saved.country in market.countries:
            fields = saved.as_address
            initial |= {name: getattr(fields, name) for name in fields.__struct_fields__}
    return CheckoutForm(initial=initial, country_codes=market.countries)


def _options(form: CheckoutForm, *, cart: PricedCart, market: Market) -> list[ShippingOption]:
    country = str(form["country"].value())
    country = country if country in market.countries else market.countries[0]
    return list_options(country=country, amount=cart.subtotal, weight_grams=cart.weight_grams)


def _chosen(form: CheckoutForm, options: list[ShippingOption]) -> str:
    wanted = str(form["shipping_method"].value() or "")
    codes = [option.code for option in options]
    return wanted if wanted in codes else (codes or [""])[0]


def _total(
    form: CheckoutForm, *, cart: PricedCart, owner: CartOwner, market: Market
) -> tuple[dict[str, Any], int]:
    """What the page shows of the total, or of why there is none; and the answer's status."""
    if not form.is_valid():
        return {}, 422
    try:
        signed = services.quote_cart(
            cart,
            owner=owner,
            market=market,
            address=form.cleaned_data["address"],
            email=form.cleaned_data["email"],
            shipping_method=form.cleaned_data["shipping_method"],
            language=get_language() or "en",
            channel=Channel.WEB,
        )
    except DomainError as refusal:
        return {"problem": str(refusal), "details": refusal.details}, refusal.status
    shown = {
        "quote": signed.quote,
        "document": signed.document,
        "amounts": _amounts(signed.quote.draft),
    }
    return shown, 200


def _ways_to_pay(draft: OrderDraft, *, number: PurchaseOrderForm | None) -> dict[str, Any]:
    shows_tokens = settings.SHOW_FAKE_TOKENS and "fake" in settings.PAYMENT_GATEWAYS
    tokens = list_fake_tokens() if shows_tokens else ()
    total = Money(draft.totals.total_minor, draft.currency)
    takes = "stripe" in settings.PAYMENT_GATEWAYS and takes_amount(gateway="stripe", amount=total)
    hosted_page = HOSTED_PAGE if takes else ""
    # Beside other ways, the page itself asks for the account: few have one, and all would wait for it.
    is_later = bool(tokens or hosted_page) and number is None
    account = None
    if not is_later:
        account = _on_account(
            draft.customer_id,
            currency=draft.currency,
            minor=draft.totals.total_minor,
            number=number,
        )
    return {
        "hosted_page": hosted_page,
        "hosted_demo": bool(settings.STRIPE_API_BASE),
        "account": account,
        "asks_for_account": is_later and draft.customer_id is not None,
        "tokens": tokens,
        "is_only_way": not (tokens or hosted_page),
        "can_pay": bool(tokens or hosted_page or (account and account["covers"])),
    }


def _on_account(
    customer_id: int | None,
    *,
    currency: str,
    minor: int,
    number: PurchaseOrderForm | None = None,
) -> dict[str, Any] | None:
    """What the page says of paying so much on account; None for who has no account to pay from."""
    if customer_id is None:
        return None
    credit = find_credit_account(customer_id=customer_id, currency=currency)
    if credit is None:
        return None
    return {
        "token": ON_ACCOUNT,
        "credit": credit,
        "covers": minor <= credit.free.minor,
        "is_chosen": number is not None,
        "number": number or PurchaseOrderForm(),
    }


def _amounts(draft: OrderDraft) -> dict[str, Money]:
    totals = draft.totals
    items = sum(line.amount_minor - line.discount_minor for line in draft.lines)
    # Where the market's prices contain tax, so do the goods and the delivery that are shown.
    delivery = totals.total_minor - items if draft.tax_included else totals.shipping_minor
    minor = {
        "items": items,
        "delivery": delivery,
        "tax": totals.tax_minor,
        "total": totals.total_minor,
    }
    return {name: Money(value, draft.currency) for name, value in minor.items()}
