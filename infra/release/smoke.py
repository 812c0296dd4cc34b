"""Asks a stage that was just released a handful of things that must be right, as its users would."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from infra.release.errors import ReleaseFailed

_PATIENCE = 30
# A function that is still starting does not answer within API Gateway's 29 seconds; its users ask again.
_TIMED_OUT, _ATTEMPTS = 504, 3
_STYLE_SHEET = re.compile(r'href="(?:https://[^"/]+)?/?(?P<path>[^"]*static/[^"]+\.css)"')


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Where the shop answers, and what a request must bring along."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str) -> requests.Response:
        """Ask for a page; redirects are answers, too. Raises ReleaseFailed where nobody answers."""
        return self._ask("GET", path)

    def post(self, path: str, *, body: object) -> requests.Response:
        """Send JSON to the API. Raises ReleaseFailed where nobody answers."""
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **content: Any) -> requests.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._ask_once(method, path, **content)
            if answer.status_code != _TIMED_OUT or attempt == _ATTEMPTS:
                return answer
        raise AssertionError

    def _ask_once(self, method: str, path: str, **content: Any) -> requests.Response:
        try:
            return requests.request(
                method,
                f"{self.address}{path}",
                headers=self.headers,
                timeout=_PATIENCE,
                allow_redirects=False,
                **content,
            )
        except requests.RequestException as error:
            raise ReleaseFailed(f"{method} {path} is not answered: {error}") from error


def check(shop: Shop, *, has_static: Callable[[str], bool]) -> Iterator[str]:
    """Tell one by one what was asked and found right; `has_static`: whether a static file can be had.

    Raises ReleaseFailed with the first thing that is wrong.
    """
    ready = _expect(shop.get("/readyz"), status=200)
    yield f"database, queues and topic answer ({ready.elapsed.total_seconds():.1f} s)"
    is_open = _has_markets(_expect(shop.get("/api/v1/markets/"), status=200))
    yield f"the API knows {'its markets' if is_open else 'no market: nothing can be sold yet'}"
    front = shop.get("/").headers.get("Location", "")
    home = _expect(shop.get(front), status=200 if is_open else 503)
    sheet = _STYLE_SHEET.search(home.text)
    if sheet is None or not has_static(sheet["path"]):
        raise ReleaseFailed("The home page names no style sheet, or one that is not there.")
    yield f"the home page is shown, and its style sheet is there: {sheet['path']}"
    _expect(shop.post("/api/v1/orders/", body={}), status=400, kind="application/problem+json")
    yield "the API refuses an order without a quote"
    _expect(shop.get("/admin/login/"), status=200)
    yield "the back office asks who is there"


def _has_markets(answer: requests.Response) -> bool:
    try:
        markets = answer.json()
    except ValueError as error:
        raise ReleaseFailed(f"{answer.url} answered something that is no JSON") from error
    return bool(markets["results"] if isinstance(markets, dict) else markets)


def _expect(
    answer: requests.Response, *, status: int, kind: str = "text/html"
) -> requests.Response:
    found = answer.headers.get("Content-Type", "")
    if answer.status_code != status or not found.startswith((kind, "application/json")):
        raise ReleaseFailed(
            f"{answer.request.method} {answer.url} answered {answer.status_code} {found} and not "
            f"{status}:\n{answer.text[:500]}"
        )
    return answer
