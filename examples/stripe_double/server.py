"""The stand-in as a small web server: Stripe's API, its hosted page, and the levers under /_control."""

import json
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from examples.stripe_double import pages
from examples.stripe_double.api import Api, Fault, Reply
from examples.stripe_double.book import Book, Object, shown
from examples.stripe_double.errors import ApiError
from examples.stripe_double.webhooks import Manners, Messenger


class Server(ThreadingHTTPServer):
    """One bank: its book, its API and its messenger."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, *, port: int = 0, listening: int | None = None, manners: Manners | None = None
    ) -> None:
        """On a port (0: any free one), or on a socket (file descriptor) that listens already."""
        super().__init__(("127.0.0.1", port), Handler, bind_and_activate=listening is None)
        if listening is not None:
            self.socket.close()
            self.socket = socket.socket(fileno=listening)
            self.server_address = self.socket.getsockname()
            self.server_name, self.server_port = self.socket.getsockname()
        self.messenger = Messenger()
        self.messenger.manners = manners or Manners()
        self.reset()

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def reset(self) -> None:
        """Forget everything but where events go."""
        self.book = Book()
        self.api = Api(self.book, base=self.url, tell=self.tell)

    def tell(self) -> None:
        """Send out the events that have come about."""
        self.messenger.send(self.book.take_events())


class Handler(BaseHTTPRequestHandler):
    """Parses, asks one part of the bank, answers."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer what is asked, from the part of the bank that the address names."""
        self._handle("GET")

    def do_POST(self) -> None:
        """Answer what is sent, from the part of the bank that the address names."""
        self._handle("POST")

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the book remembers."""

    def _handle(self, method: str) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if address.path.startswith("/v1/"):
            self._answer_api(method, address.path, query=address.query, body=body)
        elif address.path.startswith("/pay/"):
            self._answer_page(method, address.path.removeprefix("/pay/"), body=body)
        elif address.path.startswith("/_control/"):
            name = address.path.removeprefix("/_control/")
            try:
                self._send_json(200, control(self.server, name, json.loads(body or "{}")))
            except ApiError as error:
                self._send_json(error.status, error.body)
        else:
            self._send_json(404, {})

    def _answer_api(self, method: str, path: str, *, query: str, body: str) -> None:
        server = self.server
        reply = server.api.answer(
            method, path, query=query, body=body, headers=dict(self.headers.items())
        )
        if reply.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send_json(reply.status, reply.body, reply=reply)

    def _answer_page(self, method: str, session_id: str, *, body: str) -> None:
        book = self.server.book
        try:
            session = shown(book.get("checkout.session", session_id))
        except ApiError:
            self._send(404, b"There is no such page.")
            return
        if session["status"] != "open":
            self._send(200, pages.closed_page(session["status"]).encode())
        elif method == "GET":
            self._send(200, pages.payment_page(session).encode())
        else:
            self._take_answer(session, answer=parse_qs(body).get("answer", [""])[0])

    def _take_answer(self, session: Object, *, answer: str) -> None:
        book = self.server.book
        if answer == "challenge":
            self._send(200, pages.challenge_page().encode())
        elif answer == "decline":
            with book.lock:
                book.decline(session["id"])
            problem = "Your card was declined. Try another one."
            self._send(200, pages.payment_page(session, problem=problem).encode())
        elif answer == "pay":
            with book.lock:
                book.pay(session["id"])
            self._redirect(session["success_url"])
        else:
            self._redirect(session["cancel_url"] or session["success_url"])
        self.server.tell()

    def _redirect(self, address: str) -> None:
        self._send(303, b"", headers={"Location": address})

    def _send_json(self, status: int, body: Any, *, reply: Reply | None = None) -> None:
        headers = {"Content-Type": "application/json", **(reply.headers if reply else {})}
        self._send(status, json.dumps(body).encode(), headers=headers)

    def _send(self, status: int, body: bytes, *, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            # The client has given up waiting, as it should.
            self.close_connection = True


def control(server: Server, name: str, body: Object) -> Any:
    """What tests and people may do to the bank, and what they may know of it."""
    book = server.book
    levers: dict[str, Callable[[], Any]] = {
        "book": lambda: _what_the_bank_knows(book),
        "events": lambda: [shown(event) for event in book.events],
        "reset": server.reset,
        "misbehave": lambda: server.api.misbehave(Fault(**body)),
        "behave": server.api.faults.clear,
        "webhooks": lambda: setattr(server.messenger, "manners", Manners(**body)),
        "pay": lambda: book.pay(body["session"]),
        "decline": lambda: book.decline(body["session"]),
        "end_hold": lambda: book.cancel(body["payment_intent"], {}, reason="automatic"),
        "capture": lambda: book.capture(body["payment_intent"], {}, key=""),
        "refund": lambda: book.refund(body, key=""),
        "backdate": lambda: book.backdate(body["payment_intent"], seconds=body["seconds"]),
        "dispute": lambda: book.dispute(body["payment_intent"]),
        "fail_refund": lambda: book.fail_refund(body["refund"]),
    }
    with book.lock:
        found = levers[name]()
    server.tell()
    return found if name in {"book", "events"} else {}


def _what_the_bank_knows(book: Book) -> Object:
    """Money that has really moved, and what is open or held."""
    intents, refunds = book.of_kind("payment_intent"), book.of_kind("refund")
    return {
        "sessions": [shown(one) for one in book.of_kind("checkout.session")],
        "intents": [shown(one) for one in intents],
        "captures": list(book.captures),
        "refunds": [
            {name: one[name] for name in ("id", "payment_intent", "amount", "_key")}
            for one in refunds
            if one["status"] == "succeeded"
        ],
        "held": [one["id"] for one in intents if one["status"] == "requires_capture"],
    }
