"""From the cart to a paid order. `place` asks no database, and `order_status` can answer without one."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
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
from apps.checkout.types import WayToPay
from apps.core.errors import DomainError, InvalidInput, NotFound
from apps.core.selectors import brand, client_address, mounted_at
from apps.core.types import Money
from apps.orders.selectors import find_order
from apps.orders.types import OrderDraft, OrderStatus
from apps.payments.errors import GatewayUnavailable, UnknownPaymentToken
from apps.payments.selectors import find_payment_by_id
from apps.payments.services import (
    find_payment_option,
    list_payment_options,
    read_payment_method,
    resolve_payment,
)
from apps.payments.types import CheckoutOption
from apps.pricing.models import Market
from apps.pricing.selectors import summed_up
from apps.shipping.selectors import list_options
from apps.shipping.types import ShippingOption
from apps.storefront.forms import CheckoutForm, PartForm
from apps.storefront.selectors import what_came_back
from apps.storefront.views.cart import load_cart
from apps.storefront.views.pages import (
    guest_secret,
    home_of,
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
    posted: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The checkout, with the total if it is wanted; `posted` is how the shopper could not pay."""
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
        draft = page["quote"].draft
        page |= _ways_to_pay(draft.total, payer_id=draft.customer_id, posted=posted)
        page["part_form"] = PartForm(posted, total=draft.total)
        status = 422 if posted else status
    else:
        methods = _shipping_options(form, cart=cart, market=market)
        page |= {"options": methods, "chosen_method": _chosen(form, methods)}
    # No shelves here: nothing leads away from the way to the button.
    frame = {"market": market, "markets": markets, "keeps_typed": True}
    response = render(request, "storefront/checkout.html", {**frame, **page}, status=status)
    remember(response, secret=owner.secret, request=request)
    return keep_private(response)


@require_safe
def payment_option(request: HttpRequest, provider: str, currency: str) -> HttpResponse:
    """One way to pay, as a part of the checkout that comes after the page; else nothing."""
    customer_id = _customer_id(request)
    total = request.GET.get("total", "")
    minor = int(total) if total.isascii() and total.isdigit() and len(total) < 16 else 0
    option = find_payment_option(name=provider, amount=Money(minor, currency), payer_id=customer_id)
    if option is None:
        return keep_private(HttpResponse())
    context = {"provider": provider, "option": option.context, "can_pay": option.can_pay}
    return keep_private(render(request, option.template, context))


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Take the order; the answer is the status page, or a refusal that keeps the quote at hand."""
    secret = guest_secret(request)
    document = request.POST.get("quote", "")
    provider, token = read_payment_method(request.POST)
    address = client_address(request.META)
    try:
        services.check_guest_rate(address=address, secret=secret)
        part = _part_of(request, document=document, secret=secret)
        placed = services.place(
            document=document,
            payments=[WayToPay(gateway=provider, token=token, amount=part)],
            now=timezone.now(),
            secret=secret,
            address=address,
        )
    except DomainError as refusal:
        if isinstance(refusal, InvalidInput):
            return _ask_again(request, document=document)
        if isinstance(refusal, UnknownPaymentToken):
            draft = services.read_quote(document).draft
            if _mistakes(request, provider=provider, draft=draft):
                return _ask_again(request, document=document)
        return _refused(request, refusal, document=document)
    response = redirect("storefront:order-status", placed.order_id, placed.status_key)
    show_count(response, count=0, request=request)
    return keep_private(response)


def _part_of(request: HttpRequest, *, document: str, secret: str) -> Decimal | None:
    """How much of the total is to be paid now, in major units; None for all of it.

    Raises InvalidInput, QuoteInvalid, QuoteNotYours.
    """
    if "split" not in request.POST or not request.POST.get("part"):
        return None
    form = PartForm(request.POST, total=services.open_quote(document, secret=secret).draft.total)
    if not form.is_valid():
        raise InvalidInput(errors=form.errors)
    part: Decimal | None = form.cleaned_data["part"]
    return part


@require_POST
def pay(request: HttpRequest, order_id: UUID, key: str) -> HttpResponse:
    """Pay what is left of an order by another way, or by one more; the answer is its status page."""
    provider, token = read_payment_method(request.POST)
    services.check_guest_rate(address=client_address(request.META), secret=guest_secret(request))
    try:
        if "give_up" in request.POST:
            services.give_up(order_id=order_id, key=key)
            return keep_private(redirect("storefront:order-status", order_id, key))
        services.pay(
            order_id=order_id,
            key=key,
            way=WayToPay(gateway=provider, token=token, attempt=request.POST.get("attempt", "")),
            customer_id=_customer_id(request),
        )
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        return _status_page(request, order_id, key, refusal=refusal, posted=request.POST.dict())
    return keep_private(redirect("storefront:order-status", order_id, key))


def _customer_id(request: HttpRequest) -> int | None:
    return request.user.pk if request.user.is_authenticated else None


def _refused(request: HttpRequest, refusal: DomainError, *, document: str) -> HttpResponse:
    ordered = services.read_quote(document).draft.id if isinstance(refusal, QuoteExpired) else None
    context = {
        "typed": _typed_for(document, refusal=refusal),
        "problem": str(refusal),
        "code": refusal.code,
        "ordered": ordered,
        "ordered_key": status_key_of(ordered) if ordered else "",
        "document": document,
        "posted": {name: value for name, value in request.POST.items() if name != "quote"},
    }
    response = render(request, "storefront/refused.html", context, status=refusal.status)
    if refusal.retry_after_seconds is not None:
        response["Retry-After"] = str(refusal.retry_after_seconds)
    return keep_private(response)


def _typed_for(document: str, *, refusal: DomainError | None = None) -> dict[str, Any]:
    """What a shopper has typed for a total that was theirs; nothing of one that was not."""
    try:
        draft = services.read_quote(document).draft
    except QuoteInvalid:
        return {}
    if isinstance(refusal, QuoteNotYours):
        return {}
    fields = msgspec.structs.asdict(draft.address)
    return fields | {"email": draft.email, "shipping_method": draft.shipping_method}


def _mistakes(request: HttpRequest, *, provider: str, draft: OrderDraft) -> Any:
    """The form of the chosen way to pay, if the shopper filled it in wrongly."""
    option = find_payment_option(
        name=provider, amount=draft.total, payer_id=draft.customer_id, form=request.POST
    )
    form = _form_of_option(option)
    return form if form is not None and form.errors else None


def _form_of_option(option: CheckoutOption | None) -> Any:
    return option.form if option else None


def _ask_again(request: HttpRequest, *, document: str) -> HttpResponse:
    """The total once more, at today's prices, with what is wrong beside the way to pay."""
    market, markets = markets_of(request)
    typed = _typed_for(document)
    form = CheckoutForm(typed, country_codes=market.countries)
    return _checkout_page(
        request, form, market=market, markets=markets, wants_total=True, posted=request.POST.dict()
    )


@require_safe
def order_status(request: HttpRequest, order_id: UUID, key: str) -> HttpResponse:
    """Where the order stands; the page asks again by itself until that is settled."""
    return _status_page(request, order_id, key)


def _status_page(
    request: HttpRequest,
    order_id: UUID,
    key: str,
    *,
    refusal: DomainError | None = None,
    posted: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The page of an order; `posted` is how the shopper could not pay, and `refusal` says why."""
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
        "shop_email": brand().seller.email,
        "problem": str(refusal) if refusal else "",
    }
    if progress.due:
        payer_id = _customer_id(request)
        is_theirs = payer_id is not None and payer_id == progress.customer_id
        context |= _ways_to_pay(
            progress.due.amount, payer_id=payer_id if is_theirs else None, posted=posted
        )
    status = refusal.status if refusal else 200
    if not request.htmx:  # type: ignore[attr-defined]
        page = render(request, "storefront/order_status.html", context, status=status)
        return keep_private(page)
    if request.GET.get("seen") == seen:
        return keep_private(HttpResponse(status=204))
    return keep_private(render(request, "storefront/order_progress.html", context))


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
            resolve_payment(payment_id=payment_id)
    order = find_order(payment.reference)
    if order is None:
        raise Http404
    # The gateway knows one address for all; the shopper goes on in the market and language of the order.
    with mounted_at(order.localization):
        return keep_private(redirect("storefront:order-status", order.pk, status_key_of(order.pk)))


def _form_of(request: HttpRequest, *, market: Market) -> CheckoutForm:
    if request.method == "POST" and _CHOICES & request.POST.keys():
        # What was typed, in a language or for a market in which nobody has asked for a total yet.
        return CheckoutForm(initial=request.POST.dict(), country_codes=market.countries)
    if request.method == "POST":
        return CheckoutForm(request.POST, country_codes=market.countries)
    initial: dict[str, Any] = {"country": home_of(request, market=market)}
    if request.user.is_authenticated:
        initial |= {"email": request.user.email, "name": request.user.name}
        saved = list_addresses(request.user).first()
        if saved and saved.country in market.countries:
            fields = saved.as_address
            initial |= {name: getattr(fields, name) for name in fields.__struct_fields__}
    return CheckoutForm(initial=initial, country_codes=market.countries)


def _shipping_options(
    form: CheckoutForm, *, cart: PricedCart, market: Market
) -> list[ShippingOption]:
    country = str(form["country"].value())
    country = country if country in market.countries else market.home
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
        )
    except DomainError as refusal:
        return {"problem": str(refusal), "details": refusal.details}, refusal.status
    shown = {
        "quote": signed.quote,
        "document": signed.document,
        "amounts": _amounts(signed.quote.draft),
        "adjustments": summed_up(signed.quote.draft.adjustments),
    }
    return shown, 200


def _ways_to_pay(
    amount: Money, *, payer_id: int | None, posted: Mapping[str, str] | None
) -> dict[str, Any]:
    options = list_payment_options(amount=amount, payer_id=payer_id, form=posted)
    open_ones = [name for name, option in options.items() if option and option.can_pay]
    wanted = read_payment_method(posted)[0] if posted else ""
    chosen = wanted if wanted in open_ones else (open_ones or [""])[0]
    return {
        "ways_to_pay": [
            {"provider": name, "option": option, "is_chosen": name == chosen}
            for name, option in options.items()
        ],
        "can_pay": bool(open_ones),
        "mistakes": _form_of_option(options.get(wanted)),
    }


def _amounts(draft: OrderDraft) -> dict[str, Money]:
    totals = draft.totals
    items = sum(line.amount_minor for line in draft.lines)
    # Where the market's prices contain tax, so do the goods and the delivery that are shown.
    with_tax = totals.total_minor - items - totals.adjustments_minor
    delivery = with_tax if draft.tax_included else totals.shipping_minor
    minor = {
        "items": items,
        "delivery": delivery,
        "tax": totals.tax_minor,
        "total": totals.total_minor,
    }
    return {name: Money(value, draft.currency) for name, value in minor.items()}
