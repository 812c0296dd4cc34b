"""The shop's own programs as processes of a test: web, worker, and a database that can be stopped."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev import ports


@contextmanager
def program(*command: str, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """A program that runs as long as the block."""
    with log.open("w") as output:
        running = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


@contextmanager
def web(environment: Mapping[str, str], *, log: Path) -> Iterator[str]:
    """The web server; yields its address when it answers."""
    port = ports.find_free()
    address = f"http://127.0.0.1:{port}"
    command = (
        *(sys.executable, "-m", "gunicorn", "ecommerce.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"),
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
def worker(environment: Mapping[str, str], *, log: Path) -> Iterator[None]:
    """The Celery worker, as `make run` runs it."""
    command = (
        *(sys.executable, "-m", "celery", "-A", "ecommerce", "--quiet", "worker", "-P", "threads"),
        *("-c", "4", "-Q", "orders,tasks", "-l", "WARNING", "--without-gossip"),
        *("--without-mingle", "--without-heartbeat"),
    )
    with program(*command, environment=environment, log=log):
        yield


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


def stage_environment(**changes: str) -> dict[str, str]:
    """This process's environment for a program of its stage."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    return {**kept, "PYTHONWARNINGS": "ignore", **changes}
