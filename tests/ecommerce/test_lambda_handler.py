"""The one entry on AWS: what it answers, what it leaves on the queue, what it refuses, what it forgets."""

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import time_machine
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone, translation
from pytest_django import Settings

from apps.core.gateways import aws_client
from apps.core.services import seconds_left
from apps.deadletters.models import TaskFailure
from apps.events import services as events
from apps.orders.models import Order
from ecommerce import http_events, isolation, lambda_handler, queue_events
from ecommerce.envelopes import UNKNOWN_RECEIVES
from ecommerce.lambda_handler import Failed, Refused, handler
from ecommerce.messaging import RETRY_SECONDS
from ecommerce.schedule import SCHEDULE, scheduler_input
from tests.factories.events import make_envelope
from tests.factories.lambdas import (
    SOURCE,
    Context,
    receive,
    rest_event,
    sqs_event,
    sqs_record,
    url_event,
)
from tests.factories.orders import make_request
from tests.factories.poison import POISON, UNKNOWN
from tests.factories.shop import open_market, stock_variant
from tests.queues import Queues

RECORDED = Path(__file__).with_name("recorded")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a small application in the shop's place is asked; it answers with the body it got."""
    asked: list[dict[str, Any]] = []

    def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        asked.append({**environ, "body": body})
        headers = [
            ("Content-Type", "application/pdf"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
        ]
        start_response("200 OK", headers)
        return [body]

    monkeypatch.setattr(http_events, "application", echo)
    return asked


class TestHttp:
    def test_is_answered_by_the_shop(self) -> None:
        open_market()
        stock_variant()

        answer = handler(rest_event("/api/v1/products/"), Context())

        assert answer["statusCode"] == 200
        assert answer["isBase64Encoded"] is False
        (product,) = json.loads(answer["body"])["products"]
        assert product["price_from"] == {"amount": "4.20", "currency": "GBP"}

    def test_of_a_function_url_is_answered_too(self) -> None:
        answer = handler(url_event("/healthz"), Context())

        assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})

    def test_keeps_bytes_and_every_cookie(self, seen: list[dict[str, Any]]) -> None:
        content = bytes(range(256))
        event = rest_event("/x", "POST", body=content, query={"a": ["1", "2"], "b": ["ä&"]})

        answer = handler(event, Context())

        assert seen[0]["body"] == content
        assert seen[0]["CONTENT_LENGTH"] == "256"
        assert seen[0]["QUERY_STRING"] == "a=1&a=2&b=%C3%A4%26"
        assert seen[0]["wsgi.url_scheme"] == "https"
        assert answer["isBase64Encoded"] is True
        assert base64.b64decode(answer["body"]) == content
        assert answer["multiValueHeaders"]["Set-Cookie"] == ["a=1", "b=2"]

    def test_of_a_stage_without_a_domain_has_the_stage_in_its_links(self) -> None:
        at_stage = handler(rest_event("/gb/en/account/", stage="dev"), Context())
        at_domain = handler(rest_event("/gb/en/account/"), Context())

        assert at_stage["multiValueHeaders"]["Location"] == [
            "/dev/gb/en/account/log-in/?next=/dev/gb/en/account/"
        ]
        assert at_domain["multiValueHeaders"]["Location"] == [
            "/gb/en/account/log-in/?next=/gb/en/account/"
        ]

    @pytest.mark.parametrize(("path", "stage"), [("/", "dev"), ("/c/mugs/", "dev"), ("/", "")])
    def test_splits_path_and_stage(self, seen: list[dict[str, Any]], path: str, stage: str) -> None:
        handler(rest_event(path, stage=stage), Context())

        assert seen[0]["SCRIPT_NAME"] == (f"/{stage}" if stage else "")
        assert seen[0]["PATH_INFO"] == path

    def test_knows_who_asks_by_the_gateways_word_alone(self, seen: list[dict[str, Any]]) -> None:
        forged = {"X-Forwarded-For": "198.51.100.1", "X_Forwarded_For": "198.51.100.2"}

        handler(rest_event("/", headers=forged), Context())
        handler(url_event("/"), Context())

        assert [environ["REMOTE_ADDR"] for environ in seen] == [SOURCE, SOURCE]
        assert seen[0]["HTTP_X_FORWARDED_FOR"] == "198.51.100.1"

    def test_with_a_path_that_nobody_could_mean_is_not_found(self) -> None:
        answer = handler(rest_event("/p/\u96ea/"), Context())

        assert answer["statusCode"] == 404


def order_one(queues: Queues, sku: str, **fields: Any) -> dict[str, Any]:
    """One order on its queue, written by Celery and kombu; the record that Lambda would get."""
    request = make_request(lines={sku: 1}, **fields)
    current_app.send_task("orders.process_order", kwargs={"request": request}, queue="orders")
    (record,) = receive(queues, "orders")
    return record


def failed(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """For how many seconds each record was hidden, by its receipt."""
    found: dict[str, int] = {}
    hide = aws_client("sqs").change_message_visibility

    def note(**asked: Any) -> Any:
        found[asked["ReceiptHandle"]] = asked["VisibilityTimeout"]
        return hide(**asked)

    monkeypatch.setattr(aws_client("sqs"), "change_message_visibility", note)
    return found


@pytest.fixture
def bug(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The task that releases reservations has a bug."""

    def stumble(**_: Any) -> None:
        raise TypeError("stumble() takes no shelf of ada@example.com")

    monkeypatch.setattr(current_app.tasks["inventory.release_expired"], "run", stumble)
    current_app.tasks["inventory.release_expired"].__trace__ = None
    yield
    current_app.tasks["inventory.release_expired"].__trace__ = None


class TestRecords:
    def test_are_done_as_tasks(self, queues: Queues, hidden: dict[str, int]) -> None:
        record = order_one(queues, stock_variant().sku)

        assert handler(sqs_event(record), Context()) == {"batchItemFailures": []}
        assert Order.objects.get().status == "paid"
        # Once more, as SQS may: nothing happens twice.
        assert handler(sqs_event(record), Context()) == {"batchItemFailures": []}
        assert Order.objects.count() == 1
        assert hidden == {}

    @pytest.mark.parametrize("file", sorted(RECORDED.glob("*.json")), ids=lambda path: path.stem)
    def test_as_kombu_wrote_them_are_understood(self, file: Path) -> None:
        recorded = json.loads(file.read_text())

        request = queue_events._request_of(sqs_record(recorded["body"]))

        assert (request.name, request.args, request.kwargs) == (
            recorded["task"],
            recorded["args"],
            recorded["kwargs"],
        )

    def test_that_are_poison_are_set_aside_and_leave_the_others_done(
        self, queues: Queues, hidden: dict[str, int]
    ) -> None:
        bodies = {body: reason for body, reason in POISON.values() if reason}
        for body in bodies:
            aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody=body)
        records = receive(queues, "orders")
        good = order_one(queues, stock_variant().sku)

        answer = handler(sqs_event(*records[:5], good, *records[5:]), Context())

        assert len(records) == len(bodies)
        assert answer == {"batchItemFailures": []}
        assert Order.objects.get().status == "paid"
        dead = dead_letters(queues)
        assert set(dead) == set(bodies)
        assert [body for body, reason in bodies.items() if reason not in dead[body]] == []
        assert hidden == {}

    @pytest.mark.parametrize("body", UNKNOWN.values(), ids=UNKNOWN)
    def test_of_another_release_come_back_before_they_are_poison(
        self, queues: Queues, hidden: dict[str, int], body: str
    ) -> None:
        aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody=body)
        (record,) = receive(queues, "orders")
        answers = {}
        for receives in range(1, UNKNOWN_RECEIVES + 1):
            record["attributes"]["ApproximateReceiveCount"] = str(receives)
            answers[receives] = failed(handler(sqs_event(record), Context()))
            assert bool(dead_letters(queues)) is (receives == UNKNOWN_RECEIVES)

        assert answers.pop(UNKNOWN_RECEIVES) == []
        assert set(map(tuple, answers.values())) == {(record["messageId"],)}
        assert hidden == {record["receiptHandle"]: RETRY_SECONDS[UNKNOWN_RECEIVES - 1]}

    def test_of_another_releases_clock_are_dropped_once_they_expired(
        self, queues: Queues, hidden: dict[str, int]
    ) -> None:
        aws_client("sqs").send_message(
            QueueUrl=queues.url("orders"),
            MessageBody='{"task": "no.such.task", "expires_after": 55}',
        )
        (record,) = receive(queues, "orders")
        record["attributes"]["ApproximateReceiveCount"] = str(UNKNOWN_RECEIVES)

        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=56)):
            assert handler(sqs_event(record), Context()) == {"batchItemFailures": []}

        assert dead_letters(queues) == {}
        assert hidden == {}

    def test_that_are_poison_no_queue_takes_stay(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch, hidden: dict[str, int]
    ) -> None:
        monkeypatch.setattr(queue_events, "set_aside", lambda *_, **__: False)
        aws_client("sqs").send_message(QueueUrl=queues.url("orders"), MessageBody="{")
        (record,) = receive(queues, "orders")

        answer = handler(sqs_event(record), Context())

        assert failed(answer) == [record["messageId"]]
        assert list(hidden.values()) == [RETRY_SECONDS[1]]

    @pytest.mark.usefixtures("bug")
    def test_whose_task_raises_come_back_later_each_time(
        self, queues: Queues, hidden: dict[str, int]
    ) -> None:
        current_app.send_task("inventory.release_expired", queue="tasks")
        (record,) = receive(queues, "tasks")
        good = order_one(queues, stock_variant().sku)

        answer = handler(sqs_event(record, good), Context())
        again = {**record, "attributes": {**record["attributes"], "ApproximateReceiveCount": "7"}}
        handler(sqs_event(again), Context())

        assert failed(answer) == [record["messageId"]]
        assert Order.objects.get().status == "paid"
        assert list(hidden.values()) == [RETRY_SECONDS[7]]
        assert (RETRY_SECONDS[1], RETRY_SECONDS[7]) == (5, 320)
        failure = TaskFailure.objects.get(task_id=json.loads(record["body"])["headers"]["id"])
        assert failure.error.startswith("TypeError('stumble() takes no shelf")

    @pytest.mark.usefixtures("bug")
    def test_that_failed_are_hidden_for_longer_than_the_queue_says(self, queues: Queues) -> None:
        current_app.send_task("inventory.release_expired", queue="tasks")
        handler(sqs_event(*receive(queues, "tasks")), Context())
        time.sleep(2.5)

        assert receive(queues, "tasks") == []

    @pytest.mark.control
    @pytest.mark.usefixtures("bug")
    def test_that_failed_would_be_back_at_once(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue_events, "_come_back", lambda *_, **__: False)
        current_app.send_task("inventory.release_expired", queue="tasks")
        handler(sqs_event(*receive(queues, "tasks")), Context())
        time.sleep(2.5)

        assert len(receive(queues, "tasks")) == 1

    def test_are_not_begun_when_the_time_runs_out(
        self, queues: Queues, hidden: dict[str, int]
    ) -> None:
        sku = stock_variant().sku
        records = [order_one(queues, sku) for _ in range(3)]
        margin = queue_events.MARGIN_MILLIS

        answer = handler(sqs_event(*records), Context(margin, margin, margin - 1))

        assert failed(answer) == [record["messageId"] for record in records[1:]]
        assert Order.objects.count() == 1
        # Soon, and not when the queue would show them again by itself.
        assert hidden == {record["receiptHandle"]: RETRY_SECONDS[1] for record in records[1:]}

    @pytest.mark.control
    def test_are_all_begun_while_there_is_time(self, queues: Queues) -> None:
        sku = stock_variant().sku
        records = [order_one(queues, sku) for _ in range(3)]

        assert failed(handler(sqs_event(*records), Context())) == []
        assert Order.objects.count() == 3

    def test_know_when_the_function_ends(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found: list[float | None] = []
        monkeypatch.setattr(events, "relay", lambda **_: found.append(seconds_left()) or 0)
        current_app.send_task("events.relay", queue="tasks")

        handler(sqs_event(*receive(queues, "tasks")), Context(40_000))

        (left,) = found
        assert left is not None
        assert 30 < left <= 40
        assert seconds_left() is None

    def test_that_expired_are_dropped(self, queues: Queues, hidden: dict[str, int]) -> None:
        current_app.send_task("events.relay", queue="tasks", expires=30)
        (record,) = receive(queues, "tasks")
        ran: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(events, "relay", lambda **_: ran.append("relay") or 0)
            with time_machine.travel(datetime.now(UTC) + timedelta(seconds=31)):
                late = handler(sqs_event(record), Context())
            record["body"] = record["body"].replace(
                json.loads(record["body"])["headers"]["id"], "b"
            )
            in_time = handler(sqs_event(record), Context())

        assert late == in_time == {"batchItemFailures": []}
        assert ran == ["relay"]
        assert hidden == {}

    def test_that_are_not_due_yet_stay_hidden_until_they_are(
        self, queues: Queues, hidden: dict[str, int]
    ) -> None:
        due = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
        envelope = json.loads(make_envelope())
        envelope["headers"]["eta"] = due
        aws_client("sqs").send_message(
            QueueUrl=queues.url("tasks"), MessageBody=json.dumps(envelope)
        )
        (record,) = receive(queues, "tasks")

        assert failed(handler(sqs_event(record), Context())) == [record["messageId"]]
        assert 10_700 < hidden[record["receiptHandle"]] <= 10_800

    def test_end_no_function_when_a_task_does(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def leave(**_: object) -> int:
            raise SystemExit(3)

        monkeypatch.setattr(events, "relay", leave)
        current_app.send_task("events.relay", queue="tasks")
        (record,) = receive(queues, "tasks")

        assert failed(handler(sqs_event(record), Context())) == [record["messageId"]]


def dead_letters(queues: Queues) -> dict[str, str]:
    """The body of each dead letter of `orders`, and the reason beside it."""
    found = {}
    while (
        messages := aws_client("sqs")
        .receive_message(
            QueueUrl=queues.url("orders-dlq"), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        .get("Messages")
    ):
        for message in messages:
            reason = message.get("MessageAttributes", {}).get("dead_letter_reason", {})
            found[message["Body"]] = reason.get("StringValue", "")
    return found


class TestSchedules:
    @pytest.mark.parametrize("name", SCHEDULE)
    def test_are_run_from_what_the_scheduler_sends(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        task = current_app.tasks[SCHEDULE[name]["task"]]
        ran: list[str] = []
        monkeypatch.setattr(task, "run", lambda **_: ran.append(task.request.id))
        monkeypatch.setattr(task, "__trace__", None)
        aws_client("sqs").send_message(
            QueueUrl=queues.url("tasks"), MessageBody=scheduler_input(SCHEDULE[name])
        )
        (record,) = receive(queues, "tasks")

        handler(sqs_event(record), Context())
        expired = timedelta(seconds=SCHEDULE[name]["options"]["expires"] + 1)
        with time_machine.travel(datetime.now(UTC) + expired):
            answer = handler(sqs_event({**record, "messageId": "another"}), Context())

        assert answer == {"batchItemFailures": []}
        assert ran == [record["messageId"]]
        task.__trace__ = None


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "event",
        [
            None,
            [],
            {},
            {"raw_command": "print(1)"},
            {"command": "os.getcwd"},
            {"manage": "check", "raw_command": "print(1)"},
            {"manage": "shell -c 1"},
            {"manage": "dbshell"},
            {"manage": ""},
            {"detail-type": "Scheduled Event", "resources": ["x-os.getcwd"]},
            {"detail-type": "Object Created", "source": "aws.s3"},
            {"Records": []},
            {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "a.jpg"}}}]},
            {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "x"}}]},
            {"Records": [{"eventSource": "aws:sqs"}, {"eventSource": "aws:s3"}]},
            {"type": "TOKEN", "methodArn": "x"},
            {"awslogs": {"data": ""}},
        ],
        ids=str,
    )
    def test_raises(self, event: Any) -> None:
        with pytest.raises(Refused):
            handler(event, Context())

    def test_says_that_pictures_are_not_made_here(self) -> None:
        with pytest.raises(Refused, match=r"records of \['aws:s3'\]: only those of SQS"):
            handler({"Records": [{"eventSource": "aws:s3"}]}, Context())


class TestCommands:
    def test_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert handler({"manage": "showmigrations --list events"}, Context()) == {
            "ran": "showmigrations"
        }
        assert "[X] 0001_initial" in capsys.readouterr().out

    def test_are_refused_where_requests_are_answered(self, settings: Settings) -> None:
        settings.FUNCTION = "office"

        with pytest.raises(Refused):
            handler({"manage": "check"}, Context())

    def test_that_fail_tell_lambda_nothing_of_whom(self, caplog: pytest.LogCaptureFixture) -> None:
        with (
            caplog.at_level(logging.ERROR),
            pytest.raises(Failed, match=r"^CommandError$") as raised,
        ):
            handler({"manage": "dream --of ada@example.com"}, Context())

        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
        assert "an invocation failed" in caplog.text


noted: ContextVar[str] = ContextVar("noted", default="nothing")


def leave_a_mess(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An application that changes all that it can, and tells what it found."""
    found = {
        "language": translation.get_language(),
        "zone": timezone.get_current_timezone_name(),
        "noted": noted.get(),
        "in_atomic_block": connection.in_atomic_block,
        "on_commit": len(connection.run_on_commit),
        "autocommit": connection.get_autocommit(),
    }
    translation.activate("de")
    timezone.activate("Asia/Tokyo")
    noted.set("a customer")
    transaction.atomic().__enter__()
    transaction.on_commit(lambda: cache.set("committed", 1))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(found).encode()]


CLEAN = {
    "language": "en",
    "zone": "Europe/London",
    "noted": "nothing",
    "in_atomic_block": False,
    "on_commit": 0,
    "autocommit": True,
}


KINDS: dict[str, Callable[[], Any]] = {
    "a request": lambda: rest_event("/api/v1/categories/"),
    "a record": lambda: sqs_event(sqs_record(make_envelope())),
    "a command": lambda: {"manage": "migrate --check"},
}


@contextmanager
def kept_connection() -> Iterator[Any]:
    """A connection that the sandbox keeps, and the server has ended."""
    connection.close()
    connection.settings_dict["CONN_MAX_AGE"] = 60
    try:
        handler(KINDS["a command"](), Context())
        lost = connection.connection
        with psycopg2.connect(lost.dsn, password=connection.settings_dict["PASSWORD"]) as other:
            other.cursor().execute(
                "SELECT pg_terminate_backend(%s, 5000)", [lost.get_backend_pid()]
            )
        other.close()
        yield lost
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = 0
        connection.close()


class TestTheNextInvocation:
    def test_sees_nothing_of_this_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_events, "application", leave_a_mess)

        answers = [handler(rest_event("/"), Context())["body"] for _ in range(2)]

        assert [json.loads(answer) for answer in answers] == [CLEAN, CLEAN]
        assert cache.get("committed") is None

    @pytest.mark.control
    def test_would_see_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_events, "application", leave_a_mess)
        language = translation.get_language()
        try:
            lambda_handler._answer(rest_event("/"), Context())
            found = json.loads(lambda_handler._answer(rest_event("/"), Context())["body"])
        finally:
            translation.activate(language)
            timezone.deactivate()
            noted.set("nothing")
            with isolation.settled_connections():
                pass

        assert found == {
            "language": "de",
            "zone": "Asia/Tokyo",
            "noted": "a customer",
            "in_atomic_block": True,
            "on_commit": 1,
            "autocommit": False,
        }

    def test_of_a_task_sees_nothing_either(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found: list[Any] = []

        def relay(**_: object) -> int:
            found.append((translation.get_language(), noted.get(), connection.in_atomic_block))
            translation.activate("de")
            noted.set("a customer")
            transaction.atomic().__enter__()
            return 0

        monkeypatch.setattr(events, "relay", relay)
        records = [sqs_record(make_envelope()) for _ in range(2)]
        for event in (sqs_event(*records), sqs_event(sqs_record(make_envelope()))):
            assert handler(event, Context()) == {"batchItemFailures": []}

        assert found == [("en", "nothing", False)] * 3

    @pytest.mark.parametrize("event", KINDS.values(), ids=KINDS)
    def test_finds_another_connection_where_the_server_has_closed_it(
        self, queues: Queues, event: Callable[[], Any]
    ) -> None:
        """As after a fail-over, or when a proxy has had enough of an idle one."""
        with kept_connection() as lost:
            answer = handler(event(), Context())
            replaced = connection.connection is not lost

        assert answer in ({"ran": "migrate"}, {"batchItemFailures": []}) or answer["body"] == "[]"
        assert replaced

    @pytest.mark.control
    def test_would_use_the_closed_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(isolation, "close_old_connections", lambda: None)
        with kept_connection(), pytest.raises(Failed, match="OperationalError"):
            handler(KINDS["a command"](), Context())

    def test_finds_the_connection_alive(self, settings: Settings) -> None:
        """Kept, asked for its health, and replaced where the server has closed it meanwhile."""
        connection.settings_dict["CONN_MAX_AGE"] = 60
        try:
            handler(rest_event("/api/v1/categories/"), Context())
            first = connection.connection
            handler(rest_event("/api/v1/categories/"), Context())
            kept = connection.connection
            first.close()
            answer = handler(rest_event("/api/v1/categories/"), Context())
        finally:
            connection.settings_dict["CONN_MAX_AGE"] = 0

        assert kept is first
        assert connection.connection is not first
        assert answer["statusCode"] == 200


def test_the_stage_of_these_tests_is_no_function() -> None:
    assert settings.FUNCTION == ""
