from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.models import Wish
from apps.api.customers.serializers import CustomerSerializer, RegisterSerializer
from apps.api.permissions import IsCustomer, caller_of
from apps.core.api.views import described, parse


class CustomersView(APIView):
    """Ask for an account: a link to choose a password is mailed, or word that there is one already.

    The answer is the same, so that nobody learns who has an account.
    """

    authentication_classes: list[type] = []

    @described(request=RegisterSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        asked = parse(RegisterSerializer(data=request.data))
        services.request_access(wish=Wish.ACCOUNT, **asked)
        return Response(status=202)


class MeView(APIView):
    """The customer behind the token."""

    permission_classes = [IsCustomer]

    @described(responses={200: CustomerSerializer})
    def get(self, request: Request) -> Response:
        return Response(
            CustomerSerializer(selectors.get_customer(caller_of(request).customer_id)).data
        )
