from django.utils import timezone
from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.authentication import LANGUAGE, MARKET, market_of
from apps.api.products.serializers import (
    CardPageSerializer,
    CategorySerializer,
    MarketSerializer,
    ProductSerializer,
)
from apps.catalog.selectors import find_category, list_categories
from apps.core.api.views import LocalizedView, described
from apps.core.errors import InvalidInput, NotFound
from apps.core.middleware import same_for_all
from apps.orders.types import Channel
from apps.pricing.selectors import list_markets, price_context
from apps.pricing.types import PriceContext
from apps.search import selectors

CATEGORY = OpenApiParameter("category", str, description="slug: products in it and below")


WORDS = OpenApiParameter("q", str, description="words that all must occur")


PAGE = OpenApiParameter("page", int)


_LAST_PAGE = 100_000


def prices_of(request: Request) -> PriceContext:
    """The prices for everybody in the market that a request names. Raises UnknownMarket."""
    market = market_of(request)
    return price_context(market=market, customer_id=None, channel=Channel.API, at=timezone.now())


def page_of(request: Request) -> int:
    """The page a request asks for, from 1. Raises InvalidInput."""
    text = request.query_params.get("page", "1")
    is_short_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PAGE))
    if not (is_short_number and 1 <= int(text) <= _LAST_PAGE):
        raise InvalidInput(errors={"page": ["A page is a whole number from 1 to 100,000."]})
    return int(text)


@method_decorator(same_for_all, name="dispatch")
class MarketsView(LocalizedView):
    """Where the shop sells, and in which currency."""

    @described(parameters=[LANGUAGE], responses=MarketSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(MarketSerializer(list_markets(), many=True).data)


@method_decorator(same_for_all, name="dispatch")
class CategoriesView(LocalizedView):
    """The category tree, flat and in reading order."""

    @described(parameters=[LANGUAGE], responses=CategorySerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(CategorySerializer(list_categories(), many=True).data)


@method_decorator(same_for_all, name="dispatch")
class ProductsView(LocalizedView):
    """Products with the lowest price of their variants, 24 a page."""

    # A page of products is an envelope, which the generator would take for one more product.
    @described(
        operation_id="products_list",
        parameters=[MARKET, LANGUAGE, CATEGORY, WORDS, PAGE],
        responses=CardPageSerializer,
    )
    def get(self, request: Request) -> Response:
        category = None
        if slug := request.query_params.get("category"):
            category = find_category(slug)
            if category is None:
                raise NotFound("There is no such category.")
        page = selectors.list_cards(
            context=prices_of(request),
            category=category,
            words=request.query_params.get("q", "")[:200],
            page=page_of(request),
        )
        return Response(CardPageSerializer(page).data)


@method_decorator(same_for_all, name="dispatch")
class ProductView(LocalizedView):
    """One product with its variants, prices and free units."""

    @described(parameters=[MARKET, LANGUAGE], responses=ProductSerializer)
    def get(self, request: Request, slug: str) -> Response:
        product = selectors.view_product(slug, context=prices_of(request))
        if product is None:
            raise NotFound("There is no such product.")
        return Response(ProductSerializer(product).data)
