from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from apps.accounts.services import normalise_address
from apps.cart.api.views import GUEST, owner_of
from apps.cart.selectors import get_cart_of, price_cart
from apps.checkout import selectors, services
from apps.checkout.api.serializers import (
    PlacementSerializer,
    PlaceSerializer,
    ProgressSerializer,
    QuoteRequestSerializer,
    QuoteSerializer,
    ShippingOptionSerializer,
    ShippingQuerySerializer,
    represent_quote,
)
from apps.checkout.errors import QuoteExpired
from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.core.selectors import client_address
from apps.core.types import Address
from apps.pricing.selectors import get_market
from apps.shipping.selectors import list_options

KEY = OpenApiParameter("key", str, required=True, description="the key of the status address")

IF_PLACED = OpenApiParameter(
    "if_placed",
    str,
    description="`1`: answer 404 `not_ordered` where there is no order, or not yet",
)


class ShippingOptionsView(APIView):
    """How a cart can travel to a country, and what that costs."""

    @described(
        parameters=[ShippingQuerySerializer, GUEST],
        responses=ShippingOptionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        query = ShippingQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        fields = query.validated_data
        market = get_market(fields["market"])
        cart = price_cart(
            get_cart_of(owner_of(request), cart_id=fields["cart"]), currency=market.currency
        )
        options = list_options(
            country=fields["country"].upper(), amount=cart.subtotal, weight_grams=cart.weight_grams
        )
        return Response(ShippingOptionSerializer(options, many=True).data)


class QuotesView(APIView):
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
        signed = services.make_quote(
            owner=owner_of(request),
            cart_id=fields["cart"],
            market_code=fields["market"],
            address=normalise_address(Address(**fields["address"])),
            email=fields["email"],
            shipping_method=fields["shipping_method"],
            language=fields["language"],
            channel="api",
        )
        return Response(represent_quote(signed), status=201)


class OrdersView(APIView):
    """Place an order with a quote. The quote is the idempotency key; the answer needs no database."""

    believes_tokens = True

    @described(
        request=PlaceSerializer,
        parameters=[GUEST],
        responses={
            202: PlacementSerializer,
            400: ProblemSerializer,
            403: ProblemSerializer,
            409: OpenApiResponse(
                ProblemSerializer,
                "`quote_expired` brings `status_url`: where the order is, had it been placed in time",
            ),
            503: OpenApiResponse(ProblemSerializer, "the queue did not take it; see Retry-After"),
        },
    )
    def post(self, request: Request) -> Response:
        body = PlaceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.validated_data
        owner = owner_of(request)
        if owner.customer_id is None:
            services.check_guest_rate(address=client_address(request.META), secret=owner.secret)
        else:
            services.check_customer_rate(customer_id=owner.customer_id)
        try:
            placed = services.place(
                document=fields["quote"],
                gateway=fields["payment_provider"],
                payment_token=fields["payment_token"],
                now=timezone.now(),
                customer_id=owner.customer_id,
                secret=owner.secret,
                address=client_address(request.META),
            )
        except QuoteExpired as refusal:
            # It may repeat what was taken in time, when only the answer was lost.
            order_id = services.read_quote(fields["quote"]).draft.id
            where = f"{_status_url(request, order_id)}&if_placed=1"
            raise QuoteExpired(status_url=where) from refusal
        receipt = {
            "id": placed.order_id,
            "number": placed.number,
            "status": "accepted",
            "status_url": _status_url(request, placed.order_id),
        }
        response = Response(PlacementSerializer(receipt).data, status=202)
        response["Location"] = str(receipt["status_url"])
        return response


def _status_url(request: Request, order_id: UUID) -> str:
    address = reverse("api:order-status", args=[order_id], request=request)
    return f"{address}?key={selectors.status_key_of(order_id)}"


class OrderStatusView(APIView):
    """Where an order stands; open to whoever holds the key, with or without a database."""

    authentication_classes: list[type] = []

    @described(
        parameters=[KEY, IF_PLACED], responses={200: ProgressSerializer, 404: ProblemSerializer}
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        progress = selectors.track_order(
            order_id=order_id,
            key=request.query_params.get("key", ""),
            if_placed=request.query_params.get("if_placed") == "1",
        )
        response = Response(ProgressSerializer(progress).data)
        response["Cache-Control"] = "private, no-store"
        return response
