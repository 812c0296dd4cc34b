from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Scope
from apps.api.authentication import ApiKeyAuthentication
from apps.api.inventory_levels.serializers import (
    EnvelopeSerializer,
    LevelReportSerializer,
    LevelResultsSerializer,
)
from apps.api.permissions import HasScope, partner_of
from apps.core.api.serializers import ProblemSerializer
from apps.core.api.views import described
from apps.inventory import services


class LevelsView(APIView):
    """Report what is on hand in a house: up to 1,000 rows, one result per row, in their order.

    A repeat changes nothing. A row that cannot be applied says why and hinders no other.
    """

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    required_scope = Scope.INVENTORY_WRITE

    @described(
        operation_id="inventory_levels_report",
        request=LevelReportSerializer,
        responses={
            200: LevelResultsSerializer,
            400: ProblemSerializer,
            401: ProblemSerializer,
            403: ProblemSerializer,
        },
    )
    def put(self, request: Request) -> Response:
        body = EnvelopeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.validated_data
        fields["source"] = fields["source"] or partner_of(request).name
        results = services.apply_report(**fields)
        return Response(LevelResultsSerializer({"results": results}).data)
