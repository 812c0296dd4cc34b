from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.types import Caller
from apps.api.refund_requests.serializers import (
    CameBackSerializer,
    PicturesBodySerializer,
    RefundRequestBodySerializer,
    RefundRequestSerializer,
)
from apps.checkout.selectors import is_status_key
from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.core.errors import InvalidInput, NotFound
from apps.orders.models import Order
from apps.orders.selectors import find_order
from apps.refunds import services
from apps.refunds.errors import PictureTooLarge
from apps.refunds.selectors import lines_of_skus, list_refunds, list_requests
from apps.refunds.types import Requester

KEY = OpenApiParameter(
    "key", str, description="the key of the order's status address; or send its customer's token"
)


def _order_for(request: Request, order_id: UUID) -> Order:
    """The order, for who holds its key or is its customer; for anybody else it is not there.

    Raises NotFound.
    """
    order = find_order(order_id)
    key = request.query_params.get("key", "")
    if order and (
        is_status_key(key, order_id=order_id) or (_customer_id(request) or 0) == order.customer_id
    ):
        return order
    raise NotFound


def _customer_id(request: Request) -> int | None:
    return request.user.customer_id if isinstance(request.user, Caller) else None


class RefundRequestsView(APIView):
    """Ask for goods of an order to go back, and see what was asked and granted."""

    @described(parameters=[KEY], responses={200: CameBackSerializer, 404: ProblemSerializer})
    def get(self, request: Request, order_id: UUID) -> Response:
        """See what was asked to go back of an order, and what was granted."""
        order = _order_for(request, order_id)
        found = {"requests": list_requests(order.pk), "refunds": list_refunds(order.pk)}
        return Response(CameBackSerializer(found).data)

    @described(
        parameters=[KEY],
        request=RefundRequestBodySerializer,
        responses={
            201: RefundRequestSerializer,
            400: ProblemSerializer,
            404: ProblemSerializer,
            409: ProblemSerializer,
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Ask for goods of an order to go back."""
        order = _order_for(request, order_id)
        body = RefundRequestBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        lines = lines_of_skus(order, asked=body.validated_data["lines"])
        asked = services.request_refund(
            order_id=order.pk,
            requested_by=Requester.CUSTOMER,
            actor_id=_customer_id(request),
            lines=lines,
            reason=lines[0].reason,
            text=body.validated_data["text"],
        )
        return Response(RefundRequestSerializer(asked).data, status=201)


class RefundPicturesView(APIView):
    """Send pictures with a request that is not decided yet: at most five, JPEG, PNG or WebP.

    One request may carry 4 MB of files in all, because the platform takes 6 MB of encoded body; send
    larger ones one by one, or make them smaller first.
    """

    parser_classes = [MultiPartParser]

    @described(
        parameters=[KEY],
        request={"multipart/form-data": PicturesBodySerializer},
        responses={
            204: None,
            400: ProblemSerializer,
            404: ProblemSerializer,
            409: ProblemSerializer,
            413: ProblemSerializer,
        },
    )
    def post(self, request: Request, order_id: UUID, request_id: UUID) -> Response:
        order = _order_for(request, order_id)
        if not list_requests(order.pk).filter(pk=request_id).exists():
            raise NotFound
        files = request.FILES.getlist("pictures")
        if not files:
            raise InvalidInput(errors={"pictures": ["Send at least one file."]})
        if sum(file.size or 0 for file in files) > settings.UPLOAD_LIMIT_BYTES:
            most = settings.UPLOAD_LIMIT_BYTES // 1_000_000
            raise PictureTooLarge(
                f"Together the pictures of one request may have at most {most} MB."
            )
        services.check_room(request_id=request_id, count=len(files))
        pictures = services.check_pictures([file.read() for file in files])
        services.add_pictures(request_id=request_id, pictures=pictures)
        return Response(status=204)
