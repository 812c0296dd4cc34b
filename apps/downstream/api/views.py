from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.downstream import services
from apps.downstream.api.serializers import ReceiptBookSerializer, UnknownEventsSerializer

SIGNATURE = OpenApiParameter(
    "Shop-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="t=<Unix time>,v1=<HMAC-SHA256 in hex of `<time>.<body>` with the shared secret>",
)


class ReceiptsView(APIView):
    """A downstream system tells which events it has received and worked in. Signed, as often as it likes."""

    authentication_classes: list[type] = []

    @described(
        operation_id="downstream_receipts",
        request=ReceiptBookSerializer,
        parameters=[SIGNATURE],
        responses={200: UnknownEventsSerializer, 400: ProblemSerializer, 401: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        unknown = services.note_receipts(
            body=request.body,
            signature=request.headers.get("Shop-Signature", ""),
            now=timezone.now(),
        )
        return Response({"unknown": unknown})
