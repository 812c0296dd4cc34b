"""How much one address may send: what takes more than a look, and its limit, at a glance.

By account, device and recipient it is counted where these are known (`apps.core.services.use_up`). Ours
rather than django-ratelimit or django-axes: both count by view or by account alone, and neither knows
a /64, the problem documents of the API and a cache that may be away; what is left to write is this.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import ResolverMatch
from django.utils.translation import gettext

from apps.core.errors import TooMany
from apps.core.selectors import client_address
from apps.core.services import use_up
from apps.core.types import Limit

_HOUR = 3600
_LOG_IN = Limit(name="log-in", most=50, seconds=300)
_SIGN_UP = Limit(name="sign-up", most=20, seconds=_HOUR)
_PASSWORD = Limit(name="password", most=20, seconds=_HOUR)
# Whoever comes with a link that was mailed to him has proved enough; many share an address.
_BY_LINK = Limit(name="by-link", most=100, seconds=_HOUR)
_RETURN = Limit(name="return", most=30, seconds=_HOUR)
_SEARCH = Limit(name="search", most=120, seconds=60)
_OTHER = Limit(name="other", most=300, seconds=60)

# What has a limit of its own; any other view that changes something has the common one.
OWN = {
    "admin:login": _LOG_IN,
    "api:tokens": _LOG_IN,
    "storefront:login": _LOG_IN,
    "api:customers": _SIGN_UP,
    "storefront:sign-up": _SIGN_UP,
    "storefront:password-reset": _PASSWORD,
    "storefront:password-new": _BY_LINK,
    "storefront:account-open": _BY_LINK,
    "api:refund-requests": _RETURN,
    "storefront:send-back": _RETURN,
}
# What has none here, and why; `admin` stands for all of the back office behind its log-in.
FREE = {
    "admin": "whoever is not logged in is led to the log-in; colleagues work as fast as they can",
    "api:orders": "counted by checkout: by address and device, or by customer, and by recipient",
    "storefront:place": "counted by checkout: by address and device, and by recipient",
    "api:webhooks": "a gateway's, signed; a lost one is money that nobody hears of",
    "api:fulfilment-callbacks": "a downstream system's, signed",
    "api:downstream-receipts": "a downstream system's, signed",
    "api:inventory-levels": "a partner's system, with a key",
}
SEARCHES = frozenset({"api:products", "storefront:search"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class LimitMiddleware:
    """Counts by address before a view is asked, and answers with Retry-After beyond any limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """None lets the view answer. Beyond the address's limit that is 429 with Retry-After."""
        limit = _limit_of(request)
        if limit is None:
            return None
        more = msgspec.structs.replace(limit, most=limit.most * settings.LIMITS_TIMES)
        try:
            use_up(more, client_address(request.META))
        except TooMany as refusal:
            return _refuse(request, refusal)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a view counted by account or recipient."""
        return _refuse(request, error) if isinstance(error, TooMany) else None


def limit_of(match: ResolverMatch) -> Limit | None:
    """What one address may send to a view that changes something; None for what is free."""
    own = OWN.get(match.view_name)
    if own is None and (match.view_name in FREE or match.app_name in FREE):
        return None
    return own or _OTHER


def _limit_of(request: HttpRequest) -> Limit | None:
    match = request.resolver_match
    assert match is not None  # Django resolves the address before it asks for this.
    if request.method not in _SAFE:
        return limit_of(match)
    return _SEARCH if match.view_name in SEARCHES and request.GET.get("q") else None


def _refuse(request: HttpRequest, refusal: TooMany) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        from apps.core.api.views import (  # pages know no API
            PROBLEM_TYPE,
            problem_document,
        )

        document = problem_document(status=429, code=refusal.code, detail=str(refusal))
        response: HttpResponse = JsonResponse(document, status=429, content_type=PROBLEM_TYPE)
    else:
        page = render_to_string("storefront/too_many.html", {"words": gettext(str(refusal))})
        response = HttpResponse(page, status=429)
    response["Retry-After"] = str(refusal.retry_after_seconds)
    response["Cache-Control"] = "no-store"
    return response
