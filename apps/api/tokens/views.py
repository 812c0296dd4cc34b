from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.api.tokens.serializers import LogInSerializer, RefreshSerializer, TokenPairSerializer
from apps.core.api.views import described, parse


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
