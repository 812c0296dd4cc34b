"""The API: who asks, under which key, and what the bank makes of it (https://docs.stripe.com/api)."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from examples.stripe_double import forms
from examples.stripe_double.book import Book, Object, shown
from examples.stripe_double.errors import ApiError, invalid

HOWS = ("late", "slow", "error", "error_after", "drop", "drop_after")


@dataclass(kw_only=True)
class Reply:
    """What goes back; `dropped` means a closed connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False
    executed: bool = True


@dataclass(kw_only=True)
class Fault:
    """How the next calls of an endpoint go wrong: `slow` and `late` wait before and after the work."""

    endpoint: str
    how: str
    times: int = 1
    seconds: float = 0


@dataclass(kw_only=True)
class _Kept:
    """What a key was used for, and the answer it got."""

    digest: str
    reply: Reply | None = None


class Api:
    """Routes, keys and misbehaviour around the book."""

    def __init__(self, book: Book, *, base: str, tell: Callable[[], None]) -> None:
        self.book = book
        self._tell = tell
        self.faults: list[Fault] = []
        self._base = base
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def answer(
        self, method: str, path: str, *, query: str, body: str, headers: Mapping[str, str]
    ) -> Reply:
        """The reply to one request; what was carried out under its key gets its first reply again."""
        if not headers.get("Authorization", "").startswith("Bearer sk_test_"):
            error = ApiError("Invalid API Key provided", status=401)
            return Reply(status=401, body=error.body)
        key = headers.get("Idempotency-Key", "") if method == "POST" else ""
        if not key:
            return self._do(method, path, query=query, body=body, key="")
        digest = hashlib.sha256(f"{path}\n{body}".encode()).hexdigest()
        with self._lock:
            known = self._kept.get(key)
            if known is None:
                self._kept[key] = _Kept(digest=digest)
        if known:
            return _replay(known, digest=digest)
        reply = Reply(dropped=True, executed=False)
        try:
            reply = self._do(method, path, query=query, body=body, key=key)
        finally:
            with self._lock:
                if reply.executed:
                    self._kept[key].reply = reply
                else:
                    del self._kept[key]
        return reply

    def _do(self, method: str, path: str, *, query: str, body: str, key: str) -> Reply:
        endpoint, id_ = _route(method, path)
        fault = self._fault_of(endpoint)
        how = fault.how if fault else ""
        if how == "slow" and fault:
            time.sleep(fault.seconds)
        if how == "drop":
            return Reply(dropped=True, executed=False)
        if how == "error":
            return _own_error()
        try:
            params = forms.parse(body if method == "POST" else query)
            with self.book.lock:
                found = self._call(endpoint, id_, params, key)
                answer = self._expanded(found, paths=params.get("expand", []))
        except ApiError as error:
            return Reply(status=error.status, body=error.body, executed=error.executed)
        self._tell()
        if how == "late" and fault:
            time.sleep(fault.seconds)
        if how == "error_after":
            return _own_error()
        return Reply(body=answer, dropped=how == "drop_after")

    def _expanded(self, found: Object, *, paths: list[str]) -> Object:
        if not paths:
            return shown(found)
        objects = {id_: shown(one) for id_, one in self.book.objects.items()}
        return forms.expand(shown(found), paths, objects)

    def misbehave(self, fault: Fault) -> None:
        """Have the next calls of an endpoint go wrong."""
        if fault.how not in HOWS:
            raise ValueError(fault.how)
        self.faults.append(fault)

    def _call(self, endpoint: str, id_: str, params: Object, key: str) -> Object:
        book = self.book
        calls: dict[str, Callable[[], Object]] = {
            "sessions.create": lambda: book.create_session(params, base=self._base),
            "sessions.retrieve": lambda: book.get("checkout.session", id_),
            "sessions.expire": lambda: book.expire_session(id_),
            "payment_intents.list": lambda: self._list("payment_intent", params),
            "payment_intents.retrieve": lambda: book.get("payment_intent", id_),
            "payment_intents.capture": lambda: book.capture(id_, params, key=key),
            "payment_intents.cancel": lambda: book.cancel(id_, params),
            "refunds.create": lambda: book.refund(params, key=key),
            "refunds.list": lambda: self._list("refund", params),
            "refunds.retrieve": lambda: book.get("refund", id_),
        }
        if endpoint not in calls:
            raise ApiError("Unrecognized request URL.", status=404, executed=False)
        return calls[endpoint]()

    def _list(self, kind: str, params: Object) -> Object:
        limit = int(params.get("limit", "10"))
        if not 1 <= limit <= 100:
            raise invalid("This value must be between 1 and 100.", param="limit")
        created = params.get("created", {})
        since, until = int(created.get("gte", "0")), int(created.get("lte", "99999999999"))
        found = [one for one in self.book.of_kind(kind) if since <= one["created"] <= until]
        if intent := params.get("payment_intent"):
            found = [one for one in found if one["payment_intent"] == intent]
        if after := params.get("starting_after"):
            ids = [one["id"] for one in found]
            found = found[ids.index(after) + 1 :]
        return {
            "object": "list",
            "data": [shown(one) for one in found[:limit]],
            "has_more": len(found) > limit,
            "url": f"/v1/{kind}s",
        }

    def _fault_of(self, endpoint: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.endpoint in {endpoint, "*"} and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None


def _replay(known: _Kept, *, digest: str) -> Reply:
    if known.digest != digest:
        error = ApiError(
            "Keys for idempotent requests can only be used with the same parameters and endpoint "
            "they were first used with.",
            type_="idempotency_error",
        )
        return Reply(status=400, body=error.body)
    if known.reply is None:
        error = ApiError(
            "There is currently another in-progress request using this Idempotent Key.",
            type_="idempotency_error",
            code="idempotency_key_in_use",
        )
        return Reply(status=409, body=error.body)
    headers = {"Idempotent-Replayed": "true"}
    return Reply(status=known.reply.status, body=known.reply.body, headers=headers)


def _own_error() -> Reply:
    error = ApiError("An unknown error occurred", status=500, type_="api_error")
    return Reply(status=500, body=error.body)


def _route(method: str, path: str) -> tuple[str, str]:
    """The endpoint's name, and the id in the address."""
    parts = path.removeprefix("/v1/").removeprefix("checkout/").strip("/").split("/")
    match method, parts:
        case "POST", [collection]:
            return f"{collection}.create", ""
        case "GET", [collection]:
            return f"{collection}.list", ""
        case "GET", [collection, id_]:
            return f"{collection}.retrieve", id_
        case "POST", [collection, id_, verb]:
            return f"{collection}.{verb}", id_
        case _:
            return "", ""
