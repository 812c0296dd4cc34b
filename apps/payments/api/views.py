from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.payments import services
from apps.payments.api.serializers import WebhookOutcomeSerializer

SIGNATURE = OpenApiParameter(
    "Stripe-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="t=<Unix time>,v1=<HMAC-SHA256 in hex of `<time>.<body>` with the endpoint's secret>",
)


class WebhooksView(APIView):
    """Payment gateways tell here what happened. Signed; at least once, in any order."""

    authentication_classes: list[type] = []

    @described(
        operation_id="payment_webhook",
        request=OpenApiTypes.OBJECT,
        parameters=[SIGNATURE],
        responses={
            200: WebhookOutcomeSerializer,
            400: OpenApiResponse(ProblemSerializer, "forged, stale or unreadable; nothing is kept"),
            404: OpenApiResponse(ProblemSerializer, "no gateway of that name sends webhooks"),
        },
    )
    def post(self, request: Request, gateway: str) -> Response:
        outcome = services.receive_webhook(
            gateway=gateway,
            body=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            now=timezone.now(),
        )
        return Response({"outcome": outcome.value})
