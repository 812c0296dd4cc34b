"""Who calls: customers with bearer tokens (RFC 6750), partners' systems with API keys.

Placing works without the database, and believes a token; everything else asks whether it is still good.
"""

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.errors import InvalidApiKey, InvalidToken
from apps.accounts.selectors import check_caller
from apps.accounts.services import read_access_token, read_api_key
from apps.accounts.types import Caller, Partner
from apps.cart.types import CartOwner
from apps.pricing.models import Market
from apps.pricing.selectors import get_market


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; `request.user` is the caller, or None for a guest.

    Whose account was closed, or who logged out or changed the password, is let in no more, but by views
    with `believes_tokens`, which go on without a database, until the token's end.
    """

    def authenticate(self, request: Request) -> tuple[Caller, str] | None:
        """The caller and their token; None for a request without one.

        Raises AuthenticationFailed for a token that is forged, too old or ended.
        """
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            caller = read_access_token(token.strip())
            if not getattr(request.parser_context["view"], "believes_tokens", False):
                check_caller(caller)
            return caller, token
        except InvalidToken as error:
            raise AuthenticationFailed(str(error), code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`; `request.user` is the partner, or None without a key."""

    def authenticate(self, request: Request) -> tuple[Partner, None] | None:
        """The partner; None for a request without a key.

        Raises AuthenticationFailed for a key that opens nothing, or nothing any more.
        """
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "api-key":
            return None
        try:
            return read_api_key(key.strip()), None
        except InvalidApiKey as error:
            raise AuthenticationFailed(str(error), code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"


GUEST = OpenApiParameter(
    "Guest-Secret", str, OpenApiParameter.HEADER, description="the secret a guest's cart came with"
)


MARKET = OpenApiParameter("market", str, description="market code; the shop's own unless given")
LANGUAGE = OpenApiParameter(
    "language", str, description="of the texts (BCP 47); else by Accept-Language, for no cache"
)


def market_of(request: Request) -> Market:
    """Where it is asked for: the market that a request names, else the shop's own. Raises UnknownMarket."""
    return get_market(request.query_params.get("market", settings.DEFAULT_MARKET))


def owner_of(request: Request) -> CartOwner:
    """Who asks: the customer of the access token, or the guest who holds the secret."""
    return CartOwner(
        customer_id=request.user.pk if request.user else None,
        secret=request.headers.get("Guest-Secret", "")[:100],
    )
