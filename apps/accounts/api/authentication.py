"""Who calls: customers with bearer tokens (RFC 6750), partners' systems with API keys.

Tokens are checked without the database, so that placing works without one.
"""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.errors import InvalidApiKey, InvalidToken
from apps.accounts.services import read_access_token, read_api_key
from apps.accounts.types import Caller, Partner


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


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`; `request.user` is the partner, or None without a key."""

    def authenticate(self, request: Request) -> tuple[Partner, None] | None:
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "api-key":
            return None
        try:
            return read_api_key(key.strip()), None
        except InvalidApiKey as error:
            raise AuthenticationFailed(str(error), code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"
