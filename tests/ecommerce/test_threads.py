"""A database that hangs holds pages, and never the taking of orders."""

import threading
import time
from collections.abc import Callable

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ecommerce import threads
from ecommerce.threads import KeepThreads

THREADS = 4


class Server:
    """Four threads of a web server, whose pages hang until they are let go; orders do not."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.answers: list[tuple[str, int, float]] = []
        self._middleware = KeepThreads(self._answer)
        self._threads = threading.Semaphore(THREADS)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            self.hangs.wait(20)
        return HttpResponse()

    def ask(self, method: str, path: str) -> threading.Thread:
        request = RequestFactory().generic(method, path)
        asked_at = time.monotonic()

        def work() -> None:
            with self._threads:
                response = self._middleware(request)
            waited = time.monotonic() - asked_at
            self.answers.append((path, response.status_code, waited))

        thread = threading.Thread(target=work)
        thread.start()
        return thread


@pytest.fixture
def server(settings) -> Server:
    settings.WEB_THREADS = THREADS
    return Server()


@pytest.mark.parametrize("kept", [threads.KEPT, pytest.param(0, marks=pytest.mark.control)])
@pytest.mark.parametrize("path", ["/checkout/place/", "/api/v1/orders/"])
def test_orders_are_taken_while_pages_hang(
    settings, monkeypatch: pytest.MonkeyPatch, kept: int, path: str
) -> None:
    settings.WEB_THREADS = THREADS
    monkeypatch.setattr(threads, "KEPT", kept)
    monkeypatch.setattr(threads, "_WAIT_SECONDS", 0.2)
    server = Server()
    pages = [server.ask("GET", "/") for _ in range(12)]
    order = server.ask("POST", path)
    order.join(4)
    is_taken = not order.is_alive()
    server.hangs.set()
    for one in [*pages, order]:
        one.join()

    assert is_taken is (kept > 0)


@pytest.mark.parametrize(
    ("path", "content_type"), [("/", "text/html"), ("/api/v1/carts/", "application/problem+json")]
)
def test_who_finds_no_thread_is_told_to_come_back(
    server: Server, monkeypatch: pytest.MonkeyPatch, path: str, content_type: str
) -> None:
    monkeypatch.setattr(threads, "_WAIT_SECONDS", 0.05)
    held: list[Callable[[], None]] = []
    for _ in range(THREADS - threads.KEPT):
        server._middleware._free.acquire()
        held.append(server._middleware._free.release)

    response = server._middleware(RequestFactory().get(path))

    assert response.status_code == 503
    assert response["Content-Type"].startswith(content_type)
    assert (response["Retry-After"], response["Cache-Control"]) == ("5", "no-store")
    for release in held:
        release()


def test_nothing_is_kept_where_each_request_has_a_process(settings) -> None:
    settings.WEB_THREADS = 0

    with pytest.raises(MiddlewareNotUsed):
        KeepThreads(lambda _: HttpResponse())
