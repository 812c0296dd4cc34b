"""Keep threads of the web server for the taking of orders, whatever the database does to all others."""

import threading
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property

# So many of a process's threads are never given to a request that may ask the database.
KEPT = 2
# How long a request waits for a thread of the others: longer than a busy moment, shorter than patience.
_WAIT_SECONDS = 1.0
_RETRY_SECONDS = 5


class KeepThreads:
    """Lets requests that may wait for the database have all threads of the process but two.

    A database that hangs rather than refuses holds every request that asks it. Placing an order asks
    it nothing, and must not wait behind them. On AWS Lambda, and wherever the number of threads is not
    known (`WEB_THREADS`), each request has a process of its own, and nothing is kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.WEB_THREADS <= KEPT:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self._free = threading.BoundedSemaphore(settings.WEB_THREADS - KEPT)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path.endswith(self._placings):
            return self.get_response(request)
        if not self._free.acquire(timeout=_WAIT_SECONDS):
            return _busy(request)
        try:
            return self.get_response(request)
        finally:
            self._free.release()

    @cached_property
    def _placings(self) -> tuple[str, ...]:
        """How the addresses end at which orders are placed, in whatever market and language."""
        return reverse("storefront:place"), reverse("api:orders")


def _busy(request: HttpRequest) -> HttpResponse:
    response: HttpResponse
    if request.path.startswith("/api/"):
        problem = {
            "type": "urn:shop:problem:temporarily_unavailable",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "The shop cannot take this right now. Please try again in a moment.",
            "code": "temporarily_unavailable",
        }
        response = JsonResponse(problem, status=503, content_type="application/problem+json")
    else:
        response = HttpResponse(render_to_string("storefront/outage.html"), status=503)
    response["Retry-After"] = str(_RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
