"""The shop's own programs as processes of a test: web, worker, and a database that can be stopped."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.checkout.services import sign_quote
from apps.checkout.types import Quote
from apps.core.rules import digest_of
from apps.orders.types import DRAFT_VERSION
from dev import ports
from ecommerce.messaging import POLL_SECONDS
from tests.factories.orders import make_draft

SECRET = "a secret of this test's buyers"
# So many lines of a program's log are shown with the failure of its test.
LAST_WORDS = 60


@contextmanager
def program(*command: str, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """A program that runs as long as the block, and then dies as in a power cut."""
    with log.open("w") as output:
        running = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield running
        except BaseException as error:
            error.add_note(_last_words(command, log))
            raise
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def _last_words(command: tuple[str, ...], log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-LAST_WORDS:]
    return "\n".join([f"What {' '.join(command)} said last:", *lines])


@contextmanager
def web(environment: Mapping[str, str], *, log: Path) -> Iterator[str]:
    """The web server; yields its address when it answers."""
    port = ports.find_free()
    address = f"http://127.0.0.1:{port}"
    command = (
        *(sys.executable, "-m", "gunicorn", "ecommerce.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"),
        "--preload",
    )
    with program(*command, environment=environment, log=log):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if call("GET", f"{address}/healthz").status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise TimeoutError(log.read_text())
        yield address


@contextmanager
def worker(
    environment: Mapping[str, str], *, log: Path, threads: int = 4, without: tuple[str, ...] = ()
) -> Iterator[None]:
    """The Celery worker, as `make run` runs it, perhaps without some of its guards."""
    command = (sys.executable, "-m", "tests.faults.guards", str(threads), *without)
    with program(*command, environment=environment, log=log):
        yield
    outlast_polls()


def outlast_polls() -> None:
    """Wait until no poll of a killed worker is left: the emulator answers it, and the message is gone."""
    time.sleep(POLL_SECONDS + 0.2)


@contextmanager
def workers(
    environment: Mapping[str, str],
    *,
    folder: Path,
    count: int = 2,
    threads: int = 8,
    without: tuple[str, ...] = (),
) -> Iterator[None]:
    """Several worker processes at once."""
    with ExitStack() as running:
        for number in range(count):
            log = folder / f"worker-{number}.log"
            running.enter_context(worker(environment, log=log, threads=threads, without=without))
        yield


def prepare(environment: dict[str, str]) -> str:
    """Migrate, empty and seed; returns the SKU on sale."""
    seeded = subprocess.run(
        [sys.executable, "-m", "tests.faults.seed"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return seeded.stdout.strip()


class Answer:
    """What an HTTP request came back with."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.status, self.body, self.headers = status, body, headers

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    method: str, address: str, body: object = None, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """One HTTP request with a JSON body; an error status is an answer like any other."""
    request = urllib.request.Request(
        address,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, response.read(), response.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), error.headers)


# All buyers of a test come from one address, and many have one e-mail address.
ONE_BUYER = {
    "LIMITS_TIMES": "100000",
    "GUEST_ORDERS_PER_RECIPIENT": "1000000",
    "GUEST_UNITS": "1000000",
}


def stage_environment(**changes: str) -> dict[str, str]:
    """This process's environment for a program of its stage."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    return {**kept, "PYTHONWARNINGS": "ignore", **ONE_BUYER, **changes}


def database_url() -> str:
    """The address of this process's test database, for other processes."""
    settings = connection.settings_dict
    login = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
    return f"postgresql://{login}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


def signed_quote(lines: Mapping[str, int], **fields: Any) -> str:
    """A quote as the shop would sign it for a guest who holds SECRET."""
    quote = Quote(
        version=DRAFT_VERSION,
        draft=make_draft(lines=dict(lines), **fields),
        expires_at=timezone.now() + timedelta(minutes=30),
        holder_digest=digest_of(text=SECRET),
    )
    return sign_quote(quote).document


def place(shop: str, document: str, *, token: str = "tok_success") -> Answer:
    """Place an order over HTTP."""
    return call(
        "POST",
        f"{shop}/api/v1/orders/",
        {"quote": document, "payment_provider": "fake", "payment_token": token},
        headers={"Guest-Secret": SECRET},
    )


def wait_until(is_done: Callable[[], bool], *, seconds: float) -> bool:
    """Whether it came true within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_done():
            return True
        time.sleep(0.2)
    return is_done()
