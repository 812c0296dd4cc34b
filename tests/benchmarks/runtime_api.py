"""A small Lambda: the runtime API on loopback, and one process of AWS's own client that asks it for work."""

import http.server
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

PATIENCE = 60
# Without `site`, so that nothing but the package and the client can be imported.
_START = """
import sys
sys.path[:0] = sys.argv[2:]
from awslambdaric.__main__ import main
main(["awslambdaric", sys.argv[1]])
"""


class InitFailed(Exception):
    """The function ended, or said that it cannot start."""


class _Api(http.server.ThreadingHTTPServer):
    """Hands out one event at a time, and keeps what comes back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: queue.Queue[bytes | None] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.asked = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """A sandbox that is ended hangs up."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Api
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked.set()
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        self.send_response(200)
        for name, value in {
            "Lambda-Runtime-Aws-Request-Id": str(uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:000000000000:function:f",
            "Content-Type": "application/json",
            "Content-Length": str(len(event)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(event)
        self.wfile.flush()

    def do_POST(self) -> None:
        body = self._body()
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.flush()
        what = "init/error" if self.path.endswith("init/error") else self.path.rsplit("/", 1)[1]
        self.server.answers.put((what, body))
        self.server.asked.set()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Sandbox:
    """A started function; its clock runs from before its process began."""

    def __init__(self, api: _Api, process: subprocess.Popen[bytes], began: float) -> None:
        self._api, self._process, self._began = api, process, began
        if not api.asked.wait(PATIENCE) or not api.answers.empty() or process.poll() is not None:
            raise InitFailed(api.answers.get(timeout=1) if not api.answers.empty() else None)
        self.init_seconds = time.perf_counter() - began

    def invoke(self, event: Mapping[str, Any]) -> tuple[Any, float]:
        """What the function answers, and after how many seconds."""
        body, began = json.dumps(event).encode(), time.perf_counter()
        self._api.events.put(body)
        what, answer = self._api.answers.get(timeout=PATIENCE)
        seconds = time.perf_counter() - began
        assert what == "response", answer
        return json.loads(answer), seconds

    def cpu_seconds(self) -> float:
        """CPU time that the process, with its threads, has used so far."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in threads) / 1e9

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def sandbox(
    handler: str, *folders: Path, client: Path, environment: Mapping[str, str], log: Path
) -> Iterator[Sandbox]:
    """A function on these folders under AWS's client, as long as the block."""
    api = _Api()
    threading.Thread(target=api.serve_forever, daemon=True).start()
    # The interpreter itself: an environment's would bring its libraries.
    interpreter = os.path.realpath(sys.executable)
    command = [interpreter, "-S", "-s", "-c", _START, handler, *map(str, (*folders, client))]
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folders[0],
            env={
                **environment,
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                "LAMBDA_TASK_ROOT": str(folders[0]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdout=output,
            stderr=output,
        )
        try:
            yield Sandbox(api, process, began)
        finally:
            process.kill()
            process.wait()
            api.events.put(None)
            api.shutdown()
            api.server_close()
