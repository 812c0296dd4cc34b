from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.api.authentication import GUEST, LANGUAGE, owner_of
from apps.api.orders.serializers import (
    OrderPageSerializer,
    OrderSerializer,
    PaymentSerializer,
    PlacementSerializer,
    PlaceSerializer,
    ProgressSerializer,
)
from apps.api.permissions import IsCustomer, caller_of
from apps.checkout import services
from apps.checkout.errors import QuoteExpired
from apps.checkout.selectors import status_key_of, track_order
from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import LocalizedView, Pagination, described
from apps.core.selectors import client_address
from apps.orders.selectors import list_orders_of


class MyOrdersView(LocalizedView):
    """The customer's own orders, newest first."""

    permission_classes = [IsCustomer]

    @described(operation_id="me_orders_list", responses=OrderPageSerializer)
    def get(self, request: Request) -> Response:
        pages = Pagination()
        mine = list_orders_of(caller_of(request).customer_id).prefetch_related("adjustments")
        orders = pages.paginate_queryset(mine, request)
        return pages.get_paginated_response(OrderSerializer(orders, many=True).data)


KEY = OpenApiParameter("key", str, required=True, description="the key of the status address")
IF_PLACED = OpenApiParameter(
    "if_placed",
    str,
    description="`1`: answer 404 `not_ordered` where there is no order, or not yet",
)


class OrdersView(LocalizedView):
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
                payments=fields["payments"],
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
    return f"{address}?{urlencode({'key': status_key_of(order_id)})}"


class OrderStatusView(LocalizedView):
    """Where an order stands; open to whoever holds the key, with or without a database."""

    authentication_classes: list[type] = []

    @described(
        parameters=[KEY, IF_PLACED, LANGUAGE],
        responses={200: ProgressSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        progress = track_order(
            order_id=order_id,
            key=request.query_params.get("key", ""),
            if_placed=request.query_params.get("if_placed") == "1",
        )
        response = Response(ProgressSerializer(progress).data)
        response["Cache-Control"] = "private, no-store"
        return response


class OrderPaymentsView(LocalizedView):
    """Pay what is due of an order that waits for it; open to whoever holds the key of its status."""

    @described(
        operation_id="orders_payments_create",
        request=PaymentSerializer,
        parameters=[KEY, GUEST],
        responses={202: ProgressSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = PaymentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        owner = owner_of(request)
        if owner.customer_id is None:
            services.check_guest_rate(address=client_address(request.META), secret=owner.secret)
        else:
            services.check_customer_rate(customer_id=owner.customer_id)
        key = request.query_params.get("key", "")
        services.pay(
            order_id=order_id, key=key, way=body.validated_data, customer_id=owner.customer_id
        )
        progress = track_order(order_id=order_id, key=key)
        response = Response(ProgressSerializer(progress).data, status=202)
        response["Cache-Control"] = "private, no-store"
        return response
