from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.shipping import services
from apps.shipping.api.serializers import CallbackSerializer, VerdictSerializer

SIGNATURE = OpenApiParameter(
    "Shop-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="t=<Unix time>,v1=<HMAC-SHA256 in hex of `<time>.<body>` with the shared secret>",
)


class FulfilmentCallbacksView(APIView):
    """Fulfilment tells what became of a shipment. Signed; in any order, as often as it likes."""

    authentication_classes: list[type] = []

    @described(
        operation_id="fulfilment_callback",
        request=CallbackSerializer,
        parameters=[SIGNATURE],
        responses={
            200: VerdictSerializer,
            400: ProblemSerializer,
            401: ProblemSerializer,
            404: ProblemSerializer,
            409: OpenApiResponse(ProblemSerializer, "goods left for a shipment that was withdrawn"),
        },
    )
    def post(self, request: Request) -> Response:
        verdict = services.receive_callback(
            body=request.body,
            signature=request.headers.get("Shop-Signature", ""),
            now=timezone.now(),
        )
        return Response({"outcome": verdict.value})
