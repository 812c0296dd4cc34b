from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.services import normalise_address
from apps.api.authentication import GUEST, LANGUAGE, owner_of
from apps.api.quotes.serializers import (
    QuoteRequestSerializer,
    QuoteSerializer,
    ShippingOptionSerializer,
    ShippingQuerySerializer,
    represent_quote,
)
from apps.cart.selectors import get_cart_of, price_cart
from apps.cart.types import CartOwner
from apps.checkout import services
from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import LocalizedView, described
from apps.core.types import Address
from apps.orders.types import Channel
from apps.pricing.models import Market
from apps.pricing.selectors import get_market, price_context
from apps.pricing.types import PriceContext
from apps.shipping.selectors import list_options


def prices_for(owner: CartOwner, *, market: Market) -> PriceContext:
    """The market's prices for whoever asks."""
    return price_context(
        market=market, customer_id=owner.customer_id, channel=Channel.API, at=timezone.now()
    )


class ShippingOptionsView(LocalizedView):
    """How a cart can travel to a country, and what that costs."""

    @described(
        parameters=[ShippingQuerySerializer, LANGUAGE, GUEST],
        responses=ShippingOptionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        query = ShippingQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        fields = query.validated_data
        owner, market = owner_of(request), get_market(fields["market"])
        cart = price_cart(
            get_cart_of(owner, cart_id=fields["cart"]), context=prices_for(owner, market=market)
        )
        options = list_options(
            country=fields["country"].upper(), amount=cart.subtotal, weight_grams=cart.weight_grams
        )
        return Response(ShippingOptionSerializer(options, many=True).data)


class QuotesView(LocalizedView):
    """Ask what a cart costs, delivered to one address by one method. Reserves nothing."""

    @described(
        request=QuoteRequestSerializer,
        parameters=[GUEST],
        responses={201: QuoteSerializer, 400: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        body = QuoteRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.validated_data
        owner, market = owner_of(request), get_market(fields["market"])
        signed = services.make_quote(
            owner=owner,
            cart_id=fields["cart"],
            market=market,
            context=prices_for(owner, market=market),
            address=normalise_address(Address(**fields["address"])),
            email=fields["email"],
            shipping_method=fields["shipping_method"],
            language=fields["language"],
        )
        return Response(represent_quote(signed), status=201)
