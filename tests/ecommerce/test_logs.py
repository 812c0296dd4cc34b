"""One line of JSON per record, which tells whose it is, and nothing that it must not."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from pytest_django import Settings

from apps.core.gateways import aws_client
from apps.core.services import begin_log, log_about, log_facts
from apps.events.services.subscriptions import Subscription
from ecommerce import logs
from ecommerce.lambda_handler import handler
from tests.checkout.shoppers import SECRET, quote_cart
from tests.factories.lambdas import Context, receive, rest_event, sqs_event, sqs_record
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.queues import Queues

SWEEP = '{"task": "events.relay", "expires_after": 55}'
TRACE = "1-68f0a1b2-0123456789abcdef01234567"


class Lines(logging.Handler):
    """Keeps what would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.setFormatter(logs.JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    def read(self) -> list[dict[str, str]]:
        return [json.loads(text) for text in self.texts]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged in the meantime, of every level from INFO."""
    kept = Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    try:
        yield kept
    finally:
        root.removeHandler(kept)
        root.setLevel(level)
        begin_log()


class TestALine:
    def test_is_one_whatever_is_in_it(self, lines: Lines, settings: Settings) -> None:
        settings.STAGE, settings.FUNCTION = "dev", "worker"
        begin_log(request_id="r", trace_id=TRACE)
        log_about(order_id="o")
        try:
            raise ValueError("one\ntwo")
        except ValueError:
            logging.getLogger("apps.orders").exception("it\nbroke: %s", "off")

        assert "\n" not in lines.texts[0]
        (line,) = lines.read()
        assert line.pop("exception").endswith("ValueError: one\ntwo")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
        assert line == {
            "level": "ERROR",
            "logger": "apps.orders",
            "message": "it\nbroke: off",
            "stage": "dev",
            "function": "worker",
            "request_id": "r",
            "trace_id": TRACE,
            "order_id": "o",
        }

    def test_is_written_for_a_wrong_remark_too(self) -> None:
        record = logging.makeLogRecord({"msg": "%d of %d", "args": ("one",)})

        assert json.loads(logs.JsonFormatter().format(record))["message"] == "%d of %d"

    def test_says_no_secret_of_the_settings(self, lines: Lines, settings: Settings) -> None:
        settings.SECRET_KEY = "canary-in-the-key"
        settings.DOWNSTREAM_SECRETS = {"crm": "canary-of-the-crm"}
        logging.getLogger("x").error(
            "%s and %s for %s", "canary-in-the-key", "canary-of-the-crm", "ada@example.com"
        )

        assert lines.read()[0]["message"] == "••• and ••• for •••"


def telling(call: Callable[..., None]) -> Callable[..., None]:
    """A handler that says when it is called."""

    def tell(subscription: Subscription, payload: dict[str, object]) -> None:
        logging.getLogger("handlers").info("%s is called", subscription.target)
        call(subscription, payload)

    return tell


@pytest.mark.django_db(transaction=True)
class TestALineOfAnOrder:
    def test_is_found_from_the_edge_to_the_worker(self, queues: Queues, lines: Lines) -> None:
        sku = stock_variant().sku
        begin_log(request_id="the-request", trace_id=TRACE)
        request = make_request(lines={sku: 1})
        current_app.send_task("orders.process_order", kwargs={"request": request}, queue="orders")
        begin_log()
        assert handler(sqs_event(*receive(queues, "orders")), Context()) == {
            "batchItemFailures": []
        }

        written = [line for line in lines.read() if line["logger"] == "celery.app.trace"]
        assert {line["trace_id"] for line in written} == {TRACE}
        assert {line["request_id"] for line in written} == {"the-request"}
        assert {line["order_id"] for line in written} == {request["draft"]["id"]}
        assert {line["task"] for line in written} == {"orders.process_order"}
        assert log_facts() == {}

    def test_is_found_from_the_edge_to_a_downstream_system(
        self, queues: Queues, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By one trace: the request, the order's task, the relay's handlers, and the event on SNS."""
        placing = {
            "quote": quote_cart().document,
            "payment_provider": "fake",
            "payment_token": "tok_success",
        }
        place = rest_event(
            "/api/v1/orders/", "POST", body=json.dumps(placing).encode(),
            headers={
                "Content-Type": "application/json", "Guest-Secret": SECRET,
                "X-Amzn-Trace-Id": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1",
            },
        )  # fmt: skip
        place["requestContext"]["requestId"] = "the-request"
        answer = handler(place, Context())
        assert answer["statusCode"] == 202
        order_id = json.loads(answer["body"])["id"]
        begin_log()
        orders = receive(queues, "orders")
        assert handler(sqs_event(*orders), Context()) == {"batchItemFailures": []}
        # Another request's wake-up, or the clock's, may be what brings the events to their targets.
        queues.take("tasks")
        monkeypatch.setattr(Subscription, "call", telling(Subscription.call))
        now = {"SentTimestamp": str(int(time.time() * 1000))}
        assert handler(sqs_event(sqs_record(SWEEP, attributes=now)), Context()) == {
            "batchItemFailures": []
        }

        written = lines.read()
        worked = [line for line in written if line.get("task") == "orders.process_order"]
        assert {(line["request_id"], line["trace_id"]) for line in worked} == {
            ("the-request", TRACE)
        }
        assert {line.get("order_id") for line in worked} >= {order_id}
        handled = {line["event"] for line in written if line.get("event")}
        assert "orders.order.placed.v1" in handled
        assert {line["trace_id"] for line in written if line.get("event")} == {TRACE}
        heard = aws_client("sqs").receive_message(
            QueueUrl=queues.url("downstream-crm"), MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
        )["Messages"]  # fmt: skip
        assert {one["MessageAttributes"]["trace_id"]["StringValue"] for one in heard} == {TRACE}

    def test_names_nobody_when_the_order_fails(
        self, queues: Queues, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stumble(*, request: object) -> None:
            raise ValueError(f"cannot work {request}")

        monkeypatch.setattr("apps.orders.services.process_order", stumble)
        request = make_request(lines={"A": 1}, email="canary@example.com", token="tok_canary")
        current_app.send_task("orders.process_order", kwargs={"request": request}, queue="orders")
        handler(sqs_event(*receive(queues, "orders")), Context())

        text = "\n".join(lines.texts)
        assert "cannot work" in text
        for canary in ("canary", "Ada Byron", "12 St James", "London", "SW1Y"):
            assert canary not in text, canary


@pytest.mark.django_db(transaction=True)
class TestARequest:
    def test_bears_the_gateways_id_and_the_trace(
        self, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = rest_event("/nowhere/", headers={"X-Amzn-Trace-Id": f"Root={TRACE};Sampled=1"})
        event["requestContext"]["requestId"] = "the-request"

        handler(event, Context())

        (line,) = [one for one in lines.read() if one["logger"] == "django.request"]
        assert (line["request_id"], line["trace_id"]) == ("the-request", TRACE)

    def test_without_a_trace_begins_one(self) -> None:
        assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", logs.trace_of(""))
        assert logs.trace_of("Root=x\r\nSet-Cookie: a") != "x"

    def test_about_an_order_names_it(self, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
        handler(rest_event("/gb/en/orders/018f3b0a-5c7e-7000-8000-000000000001/uWl9Zq/"), Context())

        (line,) = [one for one in lines.read() if one["logger"] == "django.request"]
        assert line["order_id"] == "018f3b0a-5c7e-7000-8000-000000000001"
        assert "uWl9Zq" not in line["message"]
