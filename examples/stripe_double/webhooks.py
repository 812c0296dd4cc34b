"""Tell the shop what happened: signed, retried, and as badly behaved as somebody asks for."""

import hashlib
import hmac
import http.client
import json
import queue
import threading
import time
import urllib.request
from dataclasses import dataclass

from examples.stripe_double.book import Object

_PAUSES = (0.5, 1, 2, 5, 10, 30)


@dataclass(kw_only=True)
class Manners:
    """Where events go and how: `copies` of each, `before_reply` of the call that caused them."""

    url: str = ""
    secret: str = ""
    copies: int = 1
    before_reply: bool = False


def signature_of(body: bytes, *, secret: str, now: int) -> str:
    """The `Stripe-Signature` header (https://docs.stripe.com/webhooks, "Verify … manually")."""
    signed = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={signed},v0={'0' * 64}"


class Messenger:
    """Delivers events one after the other on a thread of its own."""

    def __init__(self) -> None:
        self.manners = Manners()
        self._waiting: queue.Queue[Object] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def send(self, events: list[Object]) -> None:
        """Deliver now if they go before the reply, else soon."""
        for event in events:
            for _ in range(self.manners.copies if self.manners.url else 0):
                if self.manners.before_reply:
                    self._deliver(event)
                else:
                    self._waiting.put(event)

    def _work(self) -> None:
        while True:
            event = self._waiting.get()
            for pause in _PAUSES:
                if self._deliver(event):
                    break
                time.sleep(pause)

    def _deliver(self, event: Object) -> bool:
        """Whether it was taken, or there is nobody any more who would."""
        manners = self.manners
        if not manners.url:
            return True
        shown = {name: value for name, value in event.items() if not name.startswith("_")}
        body = json.dumps(shown, indent=2).encode()
        header = signature_of(body, secret=manners.secret, now=int(time.time()))
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            manners.url,
            data=body,
            headers={"Content-Type": "application/json", "Stripe-Signature": header},
        )
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310
                return True
        except (http.client.HTTPException, OSError):
            return False
