from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog.selectors import find_category, list_categories
from apps.core.errors import InvalidInput, NotFound
from apps.pricing.models import Market
from apps.pricing.selectors import get_market, list_markets
from apps.storefront import selectors
from apps.storefront.api.serializers import (
    CardPageSerializer,
    CategorySerializer,
    MarketSerializer,
    ProductSerializer,
)

MARKET = OpenApiParameter("market", str, description="market code; `gb` unless given")
CATEGORY = OpenApiParameter("category", str, description="slug: products in it and below")
WORDS = OpenApiParameter("q", str, description="words that all must occur")
PAGE = OpenApiParameter("page", int)


def market_of(request: Request) -> Market:
    """The market a request names. Raises UnknownMarket."""
    return get_market(request.query_params.get("market", "gb"))


def page_of(request: Request) -> int:
    """The page a request asks for, from 1. Raises InvalidInput."""
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 100_000):
        raise InvalidInput(errors={"page": ["A page is a whole number from 1 to 100,000."]})
    return int(text)


class MarketsView(APIView):
    """Where the shop sells, and in which currency."""

    @extend_schema(responses=MarketSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(MarketSerializer(list_markets(), many=True).data)


class CategoriesView(APIView):
    """The category tree, flat and in reading order."""

    @extend_schema(responses=CategorySerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(CategorySerializer(list_categories(), many=True).data)


class ProductsView(APIView):
    """Products with the lowest price of their variants, 24 a page."""

    # A page of products is an envelope, which the generator would take for one more product.
    @extend_schema(
        operation_id="products_list",
        parameters=[MARKET, CATEGORY, WORDS, PAGE],
        responses=CardPageSerializer,
    )
    def get(self, request: Request) -> Response:
        category = None
        if slug := request.query_params.get("category"):
            category = find_category(slug)
            if category is None:
                raise NotFound("There is no such category.")
        page = selectors.list_cards(
            market=market_of(request),
            category=category,
            words=request.query_params.get("q", "")[:200],
            page=page_of(request),
        )
        return Response(CardPageSerializer(page).data)


class ProductView(APIView):
    """One product with its variants, prices and free units."""

    @extend_schema(parameters=[MARKET], responses=ProductSerializer)
    def get(self, request: Request, slug: str) -> Response:
        product = selectors.view_product(slug, market=market_of(request))
        if product is None:
            raise NotFound("There is no such product.")
        return Response(ProductSerializer(product).data)
