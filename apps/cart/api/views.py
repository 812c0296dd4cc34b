import secrets
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.cart import selectors, services
from apps.cart.api.serializers import (
    AddLineSerializer,
    CartSerializer,
    NewCartSerializer,
    SetQuantitySerializer,
)
from apps.cart.models import Cart
from apps.cart.types import CartOwner
from apps.core.api.views import described
from apps.pricing.selectors import get_market

MARKET = OpenApiParameter("market", str, description="market code; `gb` unless given")
GUEST = OpenApiParameter(
    "Guest-Secret", str, OpenApiParameter.HEADER, description="the secret a guest's cart came with"
)


def owner_of(request: Request) -> CartOwner:
    """Who asks: the customer of the access token, or the guest who holds the secret."""
    return CartOwner(
        customer_id=request.user.pk if request.user else None,
        secret=request.headers.get("Guest-Secret", "")[:100],
    )


def show(request: Request, cart: Cart) -> dict[str, object]:
    """The cart as JSON at today's prices. Raises UnknownMarket."""
    market = get_market(request.query_params.get("market", "gb"))
    return CartSerializer(selectors.price_cart(cart, currency=market.currency)).data


class CartsView(APIView):
    """Open a cart: a guest gets a secret with it, a customer their open cart."""

    @described(request=None, parameters=[MARKET], responses={201: NewCartSerializer})
    def post(self, request: Request) -> Response:
        owner = owner_of(request)
        if owner.customer_id is None:
            owner = CartOwner(secret=owner.secret or secrets.token_urlsafe(24))
        cart = services.open_cart(owner=owner)
        return Response({**show(request, cart), "secret": owner.secret}, status=201)


class CartView(APIView):
    """A cart at today's prices and stock."""

    @described(parameters=[MARKET, GUEST], responses=CartSerializer)
    def get(self, request: Request, cart_id: UUID) -> Response:
        return Response(show(request, selectors.get_cart_of(owner_of(request), cart_id=cart_id)))


class CartLinesView(APIView):
    """Put a variant into the cart."""

    @described(
        request=AddLineSerializer, parameters=[MARKET, GUEST], responses={201: CartSerializer}
    )
    def post(self, request: Request, cart_id: UUID) -> Response:
        body = AddLineSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        owner = owner_of(request)
        selectors.get_cart_of(owner, cart_id=cart_id)
        services.add_to_cart(cart_id=cart_id, **body.validated_data)
        cart = selectors.get_cart_of(owner, cart_id=cart_id)
        return Response(show(request, cart), status=201)


class CartLineView(APIView):
    """Change how many of a line, or remove it."""

    @described(request=SetQuantitySerializer, parameters=[MARKET, GUEST], responses=CartSerializer)
    def put(self, request: Request, cart_id: UUID, sku: str) -> Response:
        body = SetQuantitySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._set(request, cart_id, sku=sku, quantity=body.validated_data["quantity"])

    @described(parameters=[MARKET, GUEST], responses=CartSerializer)
    def delete(self, request: Request, cart_id: UUID, sku: str) -> Response:
        return self._set(request, cart_id, sku=sku, quantity=0)

    def _set(self, request: Request, cart_id: UUID, *, sku: str, quantity: int) -> Response:
        owner = owner_of(request)
        selectors.get_cart_of(owner, cart_id=cart_id)
        services.set_quantity(cart_id=cart_id, sku=sku, quantity=quantity)
        return Response(show(request, selectors.get_cart_of(owner, cart_id=cart_id)))
