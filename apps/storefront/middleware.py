"""What guards the shop's pages: a market and a language in each address, no database, no foreign posts."""

from collections.abc import Callable
from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

from django.conf.locale import LANG_INFO
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path, iri_to_uri

from apps.core.selectors import mounted_at
from apps.core.types import Localization
from apps.storefront.errors import LanguageNotSpoken, NotOpenYet
from apps.storefront.rules import split_address
from apps.storefront.selectors import localization_for

GetResponse = Callable[[HttpRequest], HttpResponse]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class LocalizationMiddleware(LocaleMiddleware):
    """Serves the shop's pages below the market and language that their address begins with, and leads there
    whoever asks for a page without; all else answers in the language of the cookie or the browser.

    A page below `/eu/de/` depends on nothing but its address, so it says nothing of `Accept-Language`.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = split_address(request.path_info, languages=LANG_INFO)
        if named is None:
            return cast("HttpResponse", super().__call__(request))
        localization, rest = named
        request.localization = localization  # type: ignore[attr-defined]
        with mounted_at(localization), translation.override(localization.language):
            if _is_page(rest) or _is_page(f"{rest}/"):
                request.path_info = rest
            response = cast("HttpResponse", self.get_response(request))
        response.headers.setdefault("Content-Language", localization.language)
        return response

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        """None lets what is no page be answered where it is; a page is led to its localization."""
        super().process_request(request)
        if not _is_page(request.path_info):
            return None
        response = HttpResponseRedirect(_address_in(localization_for(request), request=request))
        if request.path_info != "/":
            # Also a form that an older page sends arrives, with all that was typed.
            is_read = request.method in SAFE_METHODS
            response.status_code = (
                HTTPStatus.MOVED_PERMANENTLY if is_read else HTTPStatus.PERMANENT_REDIRECT
            )
        response["Cache-Control"] = "private, no-store"
        patch_vary_headers(response, ["Cookie", "Accept-Language", "CloudFront-Viewer-Country"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Lead on to the market's first language where it does not speak the one that is asked for."""
        if not isinstance(error, LanguageNotSpoken):
            return None
        spoken = Localization(market=error.market.code, language=error.market.languages[0])
        return HttpResponseRedirect(_address_in(spoken, request=request))


def _is_page(path: str) -> bool:
    """Whether a path, without a market and a language, is one of the shop's pages."""
    return bool(is_valid_path(path, "ecommerce.pages"))


def _address_in(localization: Localization, *, request: HttpRequest) -> str:
    """The same page, with the same question, in another market or language."""
    root = request.path.removesuffix(request.path_info)
    if mounted := getattr(request, "localization", None):
        root = root.removesuffix(mounted.prefix.rstrip("/"))
    question = request.META.get("QUERY_STRING", "")
    path = escape_uri_path(f"{root}{localization.prefix}{request.path_info.removeprefix('/')}")
    return f"{path}?{iri_to_uri(question)}" if question else path


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
