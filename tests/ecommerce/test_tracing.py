"""One order is one trace, from the request to the last SQL statement; switched off, nothing is loaded."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ecommerce import telemetry, tracing
from tests.architecture.source import ROOT
from tests.checkout.shoppers import SECRET, quote_cart
from tests.factories.lambdas import receive, rest_event, sqs_event
from tests.factories.shop import open_market, stock_variant
from tests.faults.programs import (
    database_url,
    place,
    signed_quote,
    stage_environment,
    wait_until,
    web,
    worker,
)
from tests.queues import Queues

TRACE = "68f0a1b20123456789abcdef01234567"
XRAY = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent=53995c3f42cd8ad8;Sampled=1"
# A function of Lambda: what it is given comes by standard input, what it answers goes out last.
FUNCTION = """
import json, os, sys
from ecommerce.lambda_handler import handler
from tests.factories.lambdas import Context
answer = handler(json.load(sys.stdin), Context())
loaded = [name for name in sys.modules if name.startswith("opentelemetry")]
print(json.dumps({"answer": answer, "loaded": loaded}), flush=True)
os._exit(0)  # Frozen: nothing that would be done at the end of a program is done.
"""


class Receiver:
    """Takes traces over OTLP, as any collector does."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.raw = b""
        self.endpoint = ""

    def take(self, body: bytes) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def named(self, start: str) -> Any:
        """The first span whose name begins so."""
        return next(one for one in self.spans if one.name.startswith(start))

    def way_up(self, span: Any) -> list[str]:
        """The names from a span up to the first of the trace."""
        by_id = {one.span_id: one for one in self.spans}
        names = [span.name]
        while span.parent_span_id in by_id:
            span = by_id[span.parent_span_id]
            names.append(span.name)
        return names


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            receiver.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def invoke(event: dict[str, Any], *, function: str, **environment: str) -> dict[str, Any]:
    """Invoke a function of Lambda in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", FUNCTION],
        input=json.dumps(event),
        env=stage_environment(
            AWS_LAMBDA_FUNCTION_NAME=function,
            FUNCTION=function,
            DATABASE_URL=database_url(),
            PYTHONPATH=str(ROOT),
            **environment,
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def placing() -> dict[str, Any]:
    """The request of a guest who places an order."""
    headers = {"Content-Type": "application/json", "Guest-Secret": SECRET, "X-Amzn-Trace-Id": XRAY}
    placing = {
        "quote": quote_cart().document,
        "payment_provider": "fake",
        "payment_token": "tok_success",
    }
    body = json.dumps(placing)
    return rest_event("/api/v1/orders/", "POST", headers=headers, body=body.encode())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("emulator")
class TestATrace:
    def test_goes_from_the_request_to_the_last_statement_and_tells_no_more_than_a_log_line(
        self, queues: Queues
    ) -> None:
        key = "uWl9ZqQ3xY7b"
        path = f"/orders/018f3b0a-5c7e-7000-8000-000000000001/{key}/?email=canary@example.com"
        with receiving() as receiver:
            switch = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}
            invoke(rest_event(path.partition("?")[0]), function="web", **switch)
            placed = invoke(placing(), function="web", **switch)
            assert placed["answer"]["statusCode"] == 202
            records = receive(queues, "orders")
            worked = invoke(sqs_event(*records), function="worker", **switch)
            assert worked["answer"] == {"batchItemFailures": []}

        visit = receiver.named("GET").trace_id
        of_the_order = [one for one in receiver.spans if one.trace_id != visit]
        assert {one.trace_id.hex() for one in of_the_order} == {TRACE}
        statement = next(
            one
            for one in of_the_order
            if any("INSERT INTO" in tag.value.string_value for tag in one.attributes)
        )
        assert receiver.way_up(statement) == [
            statement.name,
            "run orders.process_order",
            "send orders.process_order",
            "POST api/v1/orders/",
        ]
        assert receiver.named("POST").parent_span_id.hex() == "53995c3f42cd8ad8"
        for canary in (key, "canary", "ada@example.com", "Ada Byron", "SW1Y", "tok_success"):
            assert canary.encode() not in receiver.raw, canary

    def test_goes_from_a_web_server_to_a_worker(self, queues: Queues, tmp_path: Path) -> None:
        """On a laptop or in containers, where processes stay."""
        open_market()
        with receiving() as receiver:
            environment = stage_environment(
                DATABASE_URL=database_url(),
                OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
                OTEL_BSP_SCHEDULE_DELAY="200",
            )
            with (
                web(environment, log=tmp_path / "web") as address,
                worker(environment, log=tmp_path / "worker"),
            ):
                assert place(address, signed_quote({stock_variant().sku: 1})).status == 202
                assert wait_until(
                    lambda: any(one.name == "run orders.process_order" for one in receiver.spans),
                    seconds=30,
                ), (tmp_path / "worker").read_text()
                assert wait_until(
                    lambda: any(one.name.startswith("POST") for one in receiver.spans), seconds=10
                )

        assert receiver.way_up(receiver.named("run orders.process_order")) == [
            "run orders.process_order",
            "send orders.process_order",
            "POST api/v1/orders/",
        ]

    def test_that_nobody_asked_for_loads_nothing(self, queues: Queues) -> None:
        placed = invoke(placing(), function="web")
        worked = invoke(sqs_event(*receive(queues, "orders")), function="worker")

        assert (placed["loaded"], worked["loaded"]) == ([], [])

    def test_that_nobody_takes_keeps_nobody_from_buying(self, queues: Queues) -> None:
        nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}

        assert invoke(placing(), function="web", **nowhere)["answer"]["statusCode"] == 202
        records = receive(queues, "orders")
        worked = invoke(sqs_event(*records), function="worker", **nowhere)
        assert worked["answer"] == {"batchItemFailures": []}


def test_a_trace_without_the_libraries_is_missed_and_no_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "ecommerce.tracing", None)
    monkeypatch.delattr("ecommerce.tracing")

    telemetry.begin.__wrapped__()

    assert "requirements-otel.txt" in caplog.text


def test_a_line_outside_any_trace_has_none() -> None:
    assert tracing.current_trace() == ""
