"""The shop's HTTP API, as a downstream system calls it: every body is signed."""

import hashlib
import hmac
import http.client
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit


class Unreachable(Exception):
    """The shop did not take it now; it is sent again."""


class Shop:
    """Sends signed messages of one system."""

    def __init__(self, *, origin: str, system: str) -> None:
        self._origin = urlsplit(origin)
        self._system = system
        self._secret = secret_of(system)

    def call_back(self, callback: dict[str, Any]) -> int:
        """Tell what became of a shipment; returns the answer's status. Raises Unreachable."""
        return self._post("/api/v1/fulfilment/callbacks/", callback)

    def acknowledge(self, receipts: list[dict[str, Any]]) -> int:
        """Tell which events have been received and worked in. Raises Unreachable."""
        body = {"system": self._system, "receipts": receipts}
        return self._post("/api/v1/downstream/receipts/", body)

    def _post(self, path: str, content: dict[str, Any]) -> int:
        body = json.dumps(content).encode()
        headers = {
            "Content-Type": "application/json",
            "Shop-Signature": signature_of(body=body, secret=self._secret, now=int(time.time())),
        }
        connection = http.client.HTTPConnection(self._origin.netloc, timeout=10)
        try:
            connection.request("POST", path, body=body, headers=headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(str(error)) from error
        finally:
            connection.close()
        if status >= 500 or status == 429:
            raise Unreachable(f"{path} answered {status}")
        return status


def signature_of(*, body: bytes, secret: str, now: int) -> str:
    """The time and HMAC-SHA256 of `<time>.<body>`, as docs/downstream.md describes it."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
    return f"t={now},v1={digest.hexdigest()}"


def secret_of(system: str) -> str:
    """What the system shares with the shop: from DOWNSTREAM_SECRETS, or this laptop's."""
    pairs = filter(None, os.environ.get("DOWNSTREAM_SECRETS", "").split(","))
    known = dict(pair.split("=", 1) for pair in pairs)
    return known.get(system, f"a-secret-of-this-laptop-for-{system}")
