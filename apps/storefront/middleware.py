"""What guards the shop's pages: no database, no foreign posts."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.storefront.errors import NotOpenYet

GetResponse = Callable[[HttpRequest], HttpResponse]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class OutageMiddleware:
    """While the database does not answer, or no market is open yet, a page is a plain 503 with Retry-After."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn an outage into an answer; any other error is left to be loud."""
        if isinstance(error, NotOpenYet):
            page, seconds = "storefront/not_open.html", "3600"
        elif isinstance(error, OperationalError | InterfaceError):
            page, seconds = "storefront/outage.html", "10"
        else:
            return None
        response = HttpResponse(render_to_string(page), status=503)
        response["Retry-After"] = seconds
        response["Cache-Control"] = "no-store"
        return response


class SameOriginMiddleware:
    """Posts to the shop must come from its own pages: Sec-Fetch-Site, else Origin, tells.

    Shop pages are the same for everybody and cacheable, so they carry no CSRF token; the back office
    keeps Django's, and the API takes bearer tokens only, which no foreign page can send.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(("/admin/", "/api/")):
            if request.method not in SAFE_METHODS and not _is_same_origin(request):
                return HttpResponse("This form was not sent from the shop.", status=403)
            request.csrf_processing_done = True  # type: ignore[attr-defined]
        return self.get_response(request)


def _is_same_origin(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if not origin:
        return False
    told = urlsplit(origin)
    return (told.scheme, told.netloc) == (request.scheme, request.get_host())
