"""Which market and language a visitor is led to, and what pages about an order show of it: what can be
sent back, and what came of that.
"""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from apps.catalog.models import Category, Product, PublicationState, Variant
from apps.catalog.selectors import first_images
from apps.catalog.types import ShownPicture
from apps.core.selectors import list_downloads
from apps.core.types import Localization
from apps.orders.models import Order
from apps.orders.selectors import find_order
from apps.pricing.models import Market, Price
from apps.pricing.selectors import list_markets
from apps.refunds.selectors import (
    is_returnable,
    list_line_accounts,
    list_refunds,
    list_requests,
    return_address,
)
from apps.storefront.errors import NotOpenYet
from apps.storefront.rules import choose_localization
from apps.storefront.types import (
    CameBack,
    IndexedPage,
    ReturnableLine,
    Visitor,
)

MARKET_COOKIE = "market"
LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME


def localization_for(request: HttpRequest) -> Localization:
    """Where somebody is led who asks for no market and language, in one query. While the database is away, or
    no market is open, to what they chose, or home: there it says so.
    """
    try:
        return choose_among(list(list_markets()), request=request)
    except (OperationalError, InterfaceError, NotOpenYet):
        return visitor_of(request).chosen or Localization(
            market=settings.DEFAULT_MARKET, language=settings.LANGUAGE_CODE
        )


def choose_among(
    markets: list[Market], *, request: HttpRequest, default_market: str = ""
) -> Localization:
    """Which of the open markets, and which of its languages, fits who asks. Raises NotOpenYet.

    Where nothing is known of where they are, it is `default_market`, else the shop's own.
    """
    if not markets:
        raise NotOpenYet
    return choose_localization(
        markets,
        visitor=visitor_of(request),
        default_market=default_market or settings.DEFAULT_MARKET,
    )


def visitor_of(request: HttpRequest) -> Visitor:
    """What a request says of who sends it, whatever its address."""
    market = request.COOKIES.get(MARKET_COOKIE, "")
    language = request.COOKIES.get(LANGUAGE_COOKIE, "")
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return Visitor(
        chosen=Localization(market=market, language=language) if market and language else None,
        country=request.headers.get("CloudFront-Viewer-Country", ""),
        accepted=tuple(tag for tag, _ in accepted if tag != "*"),
    )


# As many as one file may name; https://www.sitemaps.org/protocol.html
PAGES_IN_A_SITEMAP = 50_000
_READ_AT_ONCE = 500


def count_indexed(market: Market) -> int:
    """How many pages of a market search engines shall find, in each of its languages."""
    return 1 + Category.objects.count() + _products_of(market).count()


def list_indexed(market: Market, *, number: int) -> Iterator[IndexedPage]:
    """The pages of one sitemap of a market, from 1: the front page and the shelves, then what is sold there."""
    begin, end = (number - 1) * PAGES_IN_A_SITEMAP, number * PAGES_IN_A_SITEMAP
    shelves = [IndexedPage(view="home")]
    shelves += [
        IndexedPage(view="category", arguments=(slug,))
        for slug in Category.objects.order_by("path").values_list("slug", flat=True)
    ]
    yield from shelves[begin:end]
    found = _products_of(market).order_by("pk").values_list("pk", "slug", "updated_at")
    begin, end = max(0, begin - len(shelves)), max(0, end - len(shelves))
    for start in range(begin, end, _READ_AT_ONCE):
        rows = list(found[start : min(start + _READ_AT_ONCE, end)])
        pictures = first_images([pk for pk, _, _ in rows])
        for pk, slug, changed_at in rows:
            picture = pictures.get(pk)
            yield IndexedPage(
                view="product",
                arguments=(slug,),
                changed_at=changed_at,
                pictures=(picture.url,) if picture else (),
            )
        if not rows:
            return


def _products_of(market: Market) -> QuerySet[Product]:
    """What is published and has a price in the market."""
    priced = Price.objects.filter(variant__product=OuterRef("pk"), currency=market.currency)
    return Product.objects.filter(Exists(priced), state=PublicationState.PUBLISHED)


def list_returnable(order: Order) -> list[ReturnableLine]:
    """The lines of an order with what of each can be sent back now; none of an order that was stopped."""
    if not is_returnable(order):
        return []
    accounts = list_line_accounts(order)
    variants = Variant.objects.filter(sku__in=[one.sku for one in accounts])
    products = dict(variants.values_list("sku", "product_id"))
    images = first_images(set(products.values()))
    return [
        ReturnableLine(
            order_line_id=one.order_line_id,
            title=one.title,
            options=one.options,
            image=images.get(products.get(one.sku, 0), ShownPicture()),
            quantity=one.quantity,
            free=one.free,
            free_later=one.free_later,
        )
        for one in accounts
    ]


def what_came_back(order_id: UUID, *, key: str) -> CameBack | None:
    """What was asked, granted and issued about an order; None while it, or the database, is not there."""
    try:
        order = find_order(order_id)
        if order is None:
            return None
        can_ask, can_ask_later = _what_can_go_back(order)
        refunds = tuple(list_refunds(order_id))
        awaits_goods = any(one.awaits_goods for one in refunds)
        return CameBack(
            requests=tuple(one for one in list_requests(order_id) if one.state != "approved"),
            refunds=refunds,
            downloads=tuple(list_downloads(order_id=order_id, key=key)),
            can_ask=can_ask,
            can_ask_later=can_ask_later,
            send_to=return_address(market=order.market) if awaits_goods else (),
        )
    except (OperationalError, InterfaceError):
        return None


def _what_can_go_back(order: Order) -> tuple[bool, bool]:
    """Whether some of the order can be asked back now, and whether some can once it has been sent."""
    if not is_returnable(order):
        return False, False
    if not any(line.shipped_quantity for line in order.lines.all()):
        return False, True
    accounts = list_line_accounts(order)
    return any(one.free for one in accounts), any(one.free_later for one in accounts)
