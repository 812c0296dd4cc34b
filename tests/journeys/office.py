"""The back office of an emulated stage, as a browser uses it: log in, fill in a form, read a file."""

import re
from html.parser import HTMLParser
from typing import Any

import requests

from examples.accounts import DEMO_ACCOUNTS
from tests.journeys.serverless import Stage

(_STAFF,) = (one for one in DEMO_ACCOUNTS if one.is_staff)


class Office:
    """A member of staff who is logged in."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._cookies: dict[str, str] = {}
        login = {"username": _STAFF.email, "password": _STAFF.password, "next": "/admin/"}
        answer = self.send("/admin/login/", **login)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/"), answer.text[
            :500
        ]

    def read(self, path: str) -> requests.Response:
        """A page, or a file."""
        return self._ask("GET", path)

    def send(
        self, path: str, *, file: tuple[str, str, bytes] | None = None, **values: str
    ) -> requests.Response:
        """A form with what it says already, some values of it changed, and a file (field, name, content)."""
        form = _Form()
        form.feed(self.read(path).text)
        filled: dict[str, Any] = {**form.values, **values}
        if file is None:
            return self._ask("POST", path, data=filled)
        field, name, content = file
        return self._ask("POST", path, data=filled, files={field: (name, content, "image/webp")})

    def _ask(self, method: str, path: str, **content: Any) -> requests.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies, "Origin": f"https://{self._stage.domain}"}
        answer = self._stage.ask(method, path, headers=headers, **content)
        # By hand: the emulator is asked over plain HTTP, where a jar would keep secure cookies back.
        for cookie in answer.raw.headers.getlist("Set-Cookie"):
            if found := re.match(r"([^=]+)=([^;]*)", cookie):
                self._cookies[found[1]] = found[2]
        return answer


class _Form(HTMLParser):
    """The values that a page's forms would send as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        kind = given.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
        elif tag == "option" and self._select:
            # A browser sends the first choice where none is made.
            if "selected" in given or self._select not in self.values:
                self.values[self._select] = given.get("value", "")
        elif tag == "input" and name and kind not in {"file", "submit", "checkbox", "radio"}:
            self.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = self.values.get(self._area, "") + data.strip()
