import secrets
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.authentication import GUEST, LANGUAGE, MARKET, market_of, owner_of
from apps.api.carts.serializers import (
    AddLineSerializer,
    CartSerializer,
    NewCartSerializer,
    SetQuantitySerializer,
)
from apps.cart import selectors, services
from apps.cart.models import Cart
from apps.cart.types import CartOwner
from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import LocalizedView, described
from apps.orders.types import Channel
from apps.pricing.selectors import price_context

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="any text of your own for this addition: repeated within a day, it adds nothing again",
)


def show(request: Request, cart: Cart) -> dict[str, object]:
    """The cart as JSON at today's prices. Raises UnknownMarket."""
    market = market_of(request)
    context = price_context(
        market=market, customer_id=cart.customer_id, channel=Channel.API, at=timezone.now()
    )
    return CartSerializer(selectors.price_cart(cart, context=context)).data


class CartsView(LocalizedView):
    """Open a cart: a guest gets a secret with it, a customer their open cart.

    A guest's secret is always the shop's own: one that opens no cart gets a cart and another secret.
    """

    @described(request=None, parameters=[MARKET, LANGUAGE], responses={201: NewCartSerializer})
    def post(self, request: Request) -> Response:
        owner = owner_of(request)
        if owner.customer_id is None and selectors.find_open_cart(owner) is None:
            owner = CartOwner(secret=secrets.token_urlsafe(24))
        cart = services.open_cart(owner=owner)
        return Response({**show(request, cart), "secret": owner.secret}, status=201)


class CartView(LocalizedView):
    """A cart at today's prices and stock."""

    @described(parameters=[MARKET, LANGUAGE, GUEST], responses=CartSerializer)
    def get(self, request: Request, cart_id: UUID) -> Response:
        return Response(show(request, selectors.get_cart_of(owner_of(request), cart_id=cart_id)))


class CartLinesView(LocalizedView):
    """Put a variant into the cart."""

    @described(
        request=AddLineSerializer,
        parameters=[MARKET, LANGUAGE, GUEST, KEY],
        responses={201: CartSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request, cart_id: UUID) -> Response:
        body = AddLineSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        owner = owner_of(request)
        selectors.get_cart_of(owner, cart_id=cart_id)
        services.add_to_cart(
            cart_id=cart_id,
            key=request.headers.get("Idempotency-Key", ""),
            **body.validated_data,
        )
        cart = selectors.get_cart_of(owner, cart_id=cart_id)
        return Response(show(request, cart), status=201)


class CartLineView(LocalizedView):
    """Say how many of a variant the cart holds, or remove it."""

    @described(
        request=SetQuantitySerializer,
        parameters=[MARKET, LANGUAGE, GUEST],
        responses={200: CartSerializer, 201: CartSerializer},
    )
    def put(self, request: Request, cart_id: UUID, sku: str) -> Response:
        """Say how many of a variant the cart holds; zero removes it."""
        body = SetQuantitySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        quantity = body.validated_data["quantity"]
        owner = owner_of(request)
        selectors.get_cart_of(owner, cart_id=cart_id)
        if quantity == 0:
            return self._remove(request, cart_id, sku=sku)
        is_new = services.put_line(cart_id=cart_id, sku=sku, quantity=quantity)
        cart = selectors.get_cart_of(owner, cart_id=cart_id)
        return Response(show(request, cart), status=201 if is_new else 200)

    @described(parameters=[MARKET, LANGUAGE, GUEST], responses=CartSerializer)
    def delete(self, request: Request, cart_id: UUID, sku: str) -> Response:
        """Remove a variant from the cart."""
        return self._remove(request, cart_id, sku=sku)

    def _remove(self, request: Request, cart_id: UUID, *, sku: str) -> Response:
        owner = owner_of(request)
        selectors.get_cart_of(owner, cart_id=cart_id)
        services.set_quantity(cart_id=cart_id, sku=sku, quantity=0)
        return Response(show(request, selectors.get_cart_of(owner, cart_id=cart_id)))
