"""Bearer tokens (RFC 6750): checked without the database, so that placing works without one."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.errors import InvalidToken
from apps.accounts.services import read_access_token
from apps.accounts.types import Caller


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; `request.user` is the caller, or None for a guest."""

    def authenticate(self, request: Request) -> tuple[Caller, str] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return read_access_token(token.strip()), token
        except InvalidToken as error:
            raise AuthenticationFailed(str(error), code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
