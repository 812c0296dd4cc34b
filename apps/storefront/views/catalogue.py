"""Look around: home, categories, products and search."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.catalog.selectors import find_category, find_moved_category, find_moved_product
from apps.core.middleware import same_for_all
from apps.search import selectors
from apps.storefront.views.pages import (
    markets_of,
    public_prices,
    render_page,
)


@require_safe
@same_for_all
def home(request: HttpRequest) -> HttpResponse:
    """The front door: what the maker stands for, the shelves, and a few favourites."""
    market, markets = markets_of(request)
    cards = selectors.list_highlights(context=public_prices(market))
    return render_page(
        request, "storefront/home.html", {"cards": cards}, market=market, markets=markets
    )


@require_safe
@same_for_all
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A shelf with all below it, page by page."""
    shelf = find_category(slug)
    if shelf is None:
        return moved(request, view="storefront:category", to=find_moved_category(slug))
    market, markets = markets_of(request)
    page = selectors.list_cards(
        context=public_prices(market), category=shelf, page=_page_number(request)
    )
    context = {"category": shelf, "page": page}
    return render_page(request, "storefront/category.html", context, market=market, markets=markets)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Products that contain all the words."""
    words = request.GET.get("q", "")[:200].replace("\x00", "").strip()
    market, markets = markets_of(request)
    page = selectors.list_cards(
        context=public_prices(market), words=words, page=_page_number(request)
    )
    context = {"words": words, "page": page}
    return render_page(request, "storefront/search.html", context, market=market, markets=markets)


@require_safe
@same_for_all
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product; `?sku=` chooses the variant."""
    return render_product(request, slug=slug, chosen=request.GET.get("sku", ""))


def render_product(
    request: HttpRequest, *, slug: str, chosen: str, problem: str = "", status: int = 200
) -> HttpResponse:
    """The product page, with the chosen variant (else the first that can be bought) ticked."""
    market, markets = markets_of(request)
    found = selectors.view_product(slug, context=public_prices(market))
    if found is None:
        return moved(request, view="storefront:product", to=find_moved_product(slug))
    skus = [variant.sku for variant in found.variants]
    buyable = [variant.sku for variant in found.variants if variant.is_available and variant.price]
    if chosen not in skus:
        chosen = (buyable or skus or [""])[0]
    context = {"product": found, "chosen": chosen, "problem": problem}
    return render_page(
        request,
        "storefront/product.html",
        context,
        market=market,
        markets=markets,
        status=status,
    )


def moved(request: HttpRequest, *, view: str, to: str | None) -> HttpResponse:
    """Lead on to a page whose address has changed, with the same question. Raises Http404 where there is none."""
    if to is None:
        raise Http404
    question = request.META.get("QUERY_STRING", "")
    path = reverse(view, args=[to])
    return HttpResponsePermanentRedirect(f"{path}?{question}" if question else path)


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return int(text[:6]) if text.isascii() and text.isdigit() else 1
