from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api.permissions import IsCustomer, caller_of
from apps.accounts.api.serializers import (
    CustomerSerializer,
    LogInSerializer,
    RefreshSerializer,
    RegisterSerializer,
    TokenPairSerializer,
)
from apps.accounts.models import Wish
from apps.core.api.views import described


def parse(serializer: Any) -> Any:
    """The validated fields, or a problem document that names the wrong ones."""
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class TokensView(APIView):
    """Log in: e-mail and password for a pair of tokens."""

    authentication_classes: list[type] = []

    @described(request=LogInSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        pair = services.log_in_for_tokens(**parse(LogInSerializer(data=request.data)))
        return Response(TokenPairSerializer(pair).data)


class RefreshView(APIView):
    """The next pair of tokens for a refresh token, which is good once: keep the new one."""

    authentication_classes: list[type] = []

    @described(request=RefreshSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        pair = services.refresh_tokens(**parse(RefreshSerializer(data=request.data)))
        return Response(TokenPairSerializer(pair).data)


class RevokeView(APIView):
    """Log out: every token of this log-in ends. The answer is the same for a token that is none."""

    authentication_classes: list[type] = []

    @described(request=RefreshSerializer, responses={200: None})
    def post(self, request: Request) -> Response:
        services.revoke_tokens(**parse(RefreshSerializer(data=request.data)))
        return Response()


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
