"""The stand-in for Stripe as tests use it: its levers, its book, and the shop's settings for it."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_django import Settings

from dev import ports
from examples.stripe_double.server import Server
from examples.stripe_double.webhooks import signature_of
from tests.doors import offer, tell

SECRET_KEY, WEBHOOK_SECRET = "sk_test_of_a_test", "whsec_of_a_test"


class Bank:
    """Somebody at the bank's desk."""

    def __init__(self, url: str) -> None:
        self.url = url

    def lever(self, name: str, **body: Any) -> Any:
        """Pull one of the levers under /_control."""
        request = urllib.request.Request(
            f"{self.url}/_control/{name}", data=json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def misbehave(self, endpoint: str, how: str, *, times: int = 1, seconds: float = 0) -> None:
        self.lever("misbehave", endpoint=endpoint, how=how, times=times, seconds=seconds)

    @property
    def book(self) -> dict[str, Any]:
        return self.lever("book")

    @property
    def captured(self) -> list[int]:
        """The amounts that were really taken."""
        return [one["amount"] for one in self.book["captures"]]

    @property
    def refunded(self) -> list[int]:
        return [one["amount"] for one in self.book["refunds"]]

    @property
    def held(self) -> list[str]:
        return self.book["held"]

    def pay_all(self) -> None:
        """The shoppers of all open pages pay."""
        for session in self.book["sessions"]:
            if session["status"] == "open":
                self.lever("pay", session=session["id"])

    def events(self, *types: str) -> list[dict[str, Any]]:
        """What has happened, oldest first; of the given types, in their order."""
        told = self.lever("events")
        if not types:
            return told
        return [next(one for one in told if one["type"] == type_) for type_ in types]


def signed(event: dict[str, Any], *, now: float | None = None) -> tuple[bytes, str]:
    """An event as the bank would send it: the body and its signature."""
    body = json.dumps(event).encode()
    moment = int(time.time() if now is None else now)
    return body, signature_of(body, secret=WEBHOOK_SECRET, now=moment)


def environment_of(bank_url: str) -> dict[str, str]:
    """What a program of the shop must be told to use the stand-in."""
    return {
        "STRIPE_SECRET_KEY": SECRET_KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": bank_url,
        "STRIPE_TIMEOUT_SECONDS": "2",
    }


def use_bank(settings: Settings, bank_url: str, *, timeout_seconds: int = 2) -> None:
    """Let this process's shop use the stand-in, and offer every way to pay."""
    offer(settings, "stripe", "account", "fake")
    tell(
        settings,
        "PAYMENT_PROVIDERS",
        "stripe",
        secret_key=SECRET_KEY,
        webhook_secret=WEBHOOK_SECRET,
        api_base=bank_url,
        timeout_seconds=timeout_seconds,
    )


@contextmanager
def bank_thread() -> Iterator[Bank]:
    """The stand-in on a thread of this process."""
    with Server(port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Bank(server.url)
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def bank_process() -> Iterator[Bank]:
    """The stand-in as the program that it is."""
    port = ports.find_free()
    command = [sys.executable, "-m", "examples.stripe_double", "--port", str(port)]
    running = subprocess.Popen(command)
    try:
        bank = Bank(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                bank.lever("book")
                break
            except OSError:
                time.sleep(0.05)
        yield bank
    finally:
        running.terminate()
        running.wait(10)
