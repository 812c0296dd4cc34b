"""What all pages share: market and language, the categories and the guest's secret."""

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control

from apps.cart.types import GUEST_COOKIE, CartOwner
from apps.catalog.selectors import list_categories
from apps.core.types import Localization
from apps.orders.types import Channel
from apps.pricing.models import Market
from apps.pricing.selectors import list_markets, price_context
from apps.pricing.types import PriceContext
from apps.storefront.errors import LanguageNotSpoken, NotOpenYet
from apps.storefront.selectors import choose_among, visitor_of

COUNT_COOKIE = "cart_count"
NINETY_DAYS = 90 * 24 * 60 * 60


def markets_of(request: HttpRequest) -> tuple[Market, list[Market]]:
    """The market that the page's address names, and all there are. One query.

    Outside of all markets, as on pages that are not there, it is the one that fits the visitor. Raises
    NotOpenYet, Http404 for a market that is not open, LanguageNotSpoken.
    """
    markets = list(list_markets())
    if not markets:
        raise NotOpenYet
    named: Localization = getattr(request, "localization", None) or choose_among(
        markets, request=request
    )
    market = next((one for one in markets if one.code == named.market), None)
    if market is None:
        raise Http404
    if named.language not in market.languages:
        raise LanguageNotSpoken(market)
    return market, markets


def home_of(request: HttpRequest, *, market: Market) -> str:
    """The country (ISO 3166-1) that an address begins with: where the visitor is, if the market delivers there."""
    country = visitor_of(request).country
    return country if country in market.countries else market.home


def public_prices(market: Market) -> PriceContext:
    """The market's prices for everybody, as pages show them that are the same for all."""
    return price_context(market=market, customer_id=None, channel=Channel.WEB, at=timezone.now())


def prices_for(owner: CartOwner, *, market: Market) -> PriceContext:
    """The market's prices for one shopper."""
    return price_context(
        market=market, customer_id=owner.customer_id, channel=Channel.WEB, at=timezone.now()
    )


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    market: Market,
    markets: list[Market],
    status: int = 200,
) -> HttpResponse:
    """A page with the shop's frame around it: categories and the choice of market and language."""
    frame = _frame(market=market, markets=markets)
    return render(request, template, {**frame, **context}, status=status)


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """What the frame around a page shows, for views that are not the shop's own."""
    market, markets = markets_of(request)
    return _frame(market=market, markets=markets)


def _frame(*, market: Market, markets: list[Market]) -> dict[str, Any]:
    return {"market": market, "markets": markets, "categories": list(list_categories())}


def keep_private(response: HttpResponse) -> HttpResponse:
    """No cache may keep what is one shopper's own."""
    patch_cache_control(response, private=True, no_store=True)
    return response


def owner_of(request: HttpRequest) -> CartOwner:
    """Who shops: the customer logged in, else the guest whose secret the browser holds."""
    return CartOwner(
        customer_id=request.user.pk if request.user.is_authenticated else None,
        secret=guest_secret(request),
    )


def guest_secret(request: HttpRequest) -> str:
    """The browser's guest secret, or nothing; asks no database."""
    return request.get_signed_cookie(GUEST_COOKIE, default="", salt=GUEST_COOKIE) or ""


def with_secret(owner: CartOwner) -> CartOwner:
    """The same shopper with their secret, or with a new one where they had none."""
    secret = owner.secret or secrets.token_urlsafe(24)
    return CartOwner(customer_id=owner.customer_id, secret=secret)


def remember(response: HttpResponse, *, secret: str, request: HttpRequest) -> None:
    """Leave the guest's secret with the browser."""
    response.set_signed_cookie(
        GUEST_COOKIE,
        secret,
        salt=GUEST_COOKIE,
        max_age=NINETY_DAYS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def note(response: HttpResponse, *, key: str, value: str, request: HttpRequest) -> None:
    """Leave a note that is no secret with the browser, sent over HTTPS alone where that is spoken."""
    response.set_cookie(key, value, max_age=NINETY_DAYS, samesite="Lax", secure=request.is_secure())


def show_count(response: HttpResponse, *, count: int, request: HttpRequest) -> None:
    """Tell the header's script how many items the cart holds; pages stay the same for everyone."""
    note(response, key=COUNT_COOKIE, value=str(count), request=request)
