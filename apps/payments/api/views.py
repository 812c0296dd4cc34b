from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.payments import services
from apps.payments.api.serializers import WebhookOutcomeSerializer


class WebhooksView(APIView):
    """Payment providers tell here what happened. Signed, each in a header of its own; at least once, in
    any order.
    """

    authentication_classes: list[type] = []

    @described(
        operation_id="payment_webhook",
        request=OpenApiTypes.OBJECT,
        responses={
            200: WebhookOutcomeSerializer,
            400: OpenApiResponse(ProblemSerializer, "forged, stale or unreadable; nothing is kept"),
            404: OpenApiResponse(
                ProblemSerializer, "no payment provider of that name sends webhooks"
            ),
        },
    )
    def post(self, request: Request, payment_provider: str) -> Response:
        outcome = services.receive_webhook(
            gateway=payment_provider,
            body=request.body,
            headers=request.headers,
            now=timezone.now(),
        )
        return Response({"outcome": outcome.value})
