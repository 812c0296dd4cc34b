"""What could not be worked is written down before it is let go of, and decided once."""

import contextlib
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.gateways import aws_client
from apps.deadletters import gateways, services
from apps.deadletters.errors import LetterUnknown, NothingDecided
from apps.deadletters.events import DeadLetterRedriven
from apps.deadletters.models import DeadLetter, TaskFailure
from apps.deadletters.selectors import list_decisions
from apps.deadletters.services import collect_dead_letters, note_failure, park, redrive
from apps.events.models import OutboxMessage
from apps.events.services import publish, relay
from tests.factories.events import bury, make_envelope, make_letter, metrics
from tests.queues import Queues
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def let_a_minute_pass(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Show again what was received from the dead letters of `tasks` and is still there."""
    receipts: list[str] = []
    receive = gateways.receive

    def remember(queue: str) -> Any:
        messages = receive(queue)
        receipts.extend(message.receipt for message in messages)
        return messages

    def show() -> None:
        sqs, url = aws_client("sqs"), queues.url("tasks-dlq")
        for receipt in receipts:
            with contextlib.suppress(sqs.exceptions.ReceiptHandleIsInvalid):
                sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
                )

    monkeypatch.setattr(gateways, "receive", remember)
    return show


class TestCollectDeadLetters:
    def test_writes_down_what_lies_there_and_takes_it_out(
        self, queues: Queues, capsys: pytest.CaptureFixture[str]
    ) -> None:
        body = make_envelope(task="orders.process_order", request=None)
        message_id = bury(queues, body, queue="orders-dlq", dead_letter_reason="names no task")

        assert collect_dead_letters() == 1

        letter = DeadLetter.objects.get()
        assert (letter.queue, letter.message_id, letter.body) == ("orders-dlq", message_id, body)
        assert (letter.task, letter.reason) == ("orders.process_order", "names no task")
        assert (letter.state, letter.receive_count, letter.attributes) == ("waiting", 1, {})
        assert timezone.now() - letter.sent_at < timedelta(minutes=1)
        assert not queues.unfinished("orders-dlq")
        assert metrics(capsys.readouterr().out, "DeadLetters") == {"": 1}

    def test_empties_the_queues_of_the_downstream_systems_too(self, queues: Queues) -> None:
        bury(queues, "{}", queue="downstream-crm-dlq", event_type="a.b.c.v1", subject="7")

        assert collect_dead_letters() == 1

        letter = DeadLetter.objects.get()
        assert letter.queue == "downstream-crm-dlq"
        assert letter.attributes == {"event_type": "a.b.c.v1", "subject": "7"}

    def test_of_nothing_says_zero(self, queues: Queues, capsys: pytest.CaptureFixture[str]) -> None:
        assert collect_dead_letters() == 0
        assert metrics(capsys.readouterr().out, "DeadLetters") == {"": 0}

    def test_takes_many_with_few_queries(
        self, queues: Queues, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(10):
            bury(queues, f"poison {number}")

        # Failures, earlier letters and the insert of one batch; the count.
        with django_assert_num_queries(3 + 1):
            assert collect_dead_letters() == 10

    def test_takes_more_than_one_batch(self, queues: Queues) -> None:
        for number in range(25):
            bury(queues, f"poison {number}")

        assert collect_dead_letters() == 25
        assert DeadLetter.objects.count() == 25

    @pytest.mark.parametrize(
        "body",
        [
            "{",
            "é" * 1000,
            "\\u0000",
            '{"headers": {"task": "\\u0000", "id": "\\u0000"}}',
            '{"headers": {"task": "' + "t" * 500 + '", "id": "' + "i" * 500 + '"}}',
            '{"headers": {"task": null}}',
            '{"headers": [], "x": ' + "[" * 50_000,
            '{"headers": {"dead_letter_reason": "\\u0000"}}',
            "x" * 200_000,
        ],
    )
    def test_takes_whatever_it_is(self, body: str, queues: Queues) -> None:
        bury(queues, body)

        assert collect_dead_letters() == 1
        assert DeadLetter.objects.get().body == body

    def test_goes_on_with_the_next_queue_when_one_cannot_be_read(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bury(queues, "{", queue="tasks-dlq")
        monkeypatch.setattr(gateways, "list_dead_letter_queues", lambda: ["gone-dlq", "tasks-dlq"])

        assert collect_dead_letters() == 1

    def test_knows_the_dead_letters_of_every_queue(self, queues: Queues) -> None:
        names = gateways.list_dead_letter_queues()

        assert {"orders-dlq", "tasks-dlq", "refunds-dlq", "downstream-support-dlq"} <= set(names)
        for name in names:
            assert queues.unfinished(name) == 0


class Crash(BaseException):
    """The process dies here."""


class TestACrashWhileCollecting:
    """Between writing a letter down and taking it out of the queue."""

    def letters_after(self, crash: Callable[[pytest.MonkeyPatch], None], *, later: Any) -> int:
        with pytest.MonkeyPatch.context() as patch:
            crash(patch)
            with pytest.raises(Crash):
                collect_dead_letters()
        later()
        collect_dead_letters()
        return DeadLetter.objects.count()

    def test_writes_it_down_once(
        self, queues: Queues, let_a_minute_pass: Callable[[], None]
    ) -> None:
        def die(*_: Any) -> None:
            raise Crash

        bury(queues, "{")

        assert (
            self.letters_after(
                lambda patch: patch.setattr(gateways, "delete", die), later=let_a_minute_pass
            )
            == 1
        )
        assert not queues.unfinished("tasks-dlq")

    @pytest.mark.control
    def test_loses_it_if_it_is_taken_out_first(
        self, queues: Queues, let_a_minute_pass: Callable[[], None]
    ) -> None:
        receive = gateways.receive

        def take_out_and_die(queue: str) -> Any:
            if messages := receive(queue):
                gateways.delete(queue, messages)
                raise Crash
            return messages

        bury(queues, "{")

        assert (
            self.letters_after(
                lambda patch: patch.setattr(gateways, "receive", take_out_and_die),
                later=let_a_minute_pass,
            )
            == 0
        )

    def test_after_a_decision_changes_nothing(
        self,
        queues: Queues,
        let_a_minute_pass: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def stay(*_: Any) -> None:
            """SQS did not hear it."""

        bury(queues, "{")
        with monkeypatch.context() as deaf:
            deaf.setattr(gateways, "delete", stay)
            collect_dead_letters()
        park(letter_ids=[DeadLetter.objects.get().pk], actor_id=None, reason="known")
        let_a_minute_pass()
        collect_dead_letters()

        assert DeadLetter.objects.get().state == "parked"
        assert not queues.unfinished("tasks-dlq")


class TestTheReason:
    def test_of_a_task_that_raised_is_its_last_error(self, queues: Queues) -> None:
        body = make_envelope()
        task_id = json.loads(body)["headers"]["id"]
        for error in ("ValueError('first')", "ValueError('last')"):
            note_failure(task_id=task_id, task="events.relay", error=error)

        assert make_letter(queues, body).reason == "ValueError('last')"

    def test_of_a_schedule_is_kept_under_its_messages_id(self, queues: Queues) -> None:
        message_id = bury(queues, '{"task": "events.relay", "expires_after": 55}')
        note_failure(task_id=message_id, task="events.relay", error="ValueError('last')")
        collect_dead_letters()

        letter = DeadLetter.objects.get(message_id=message_id)
        assert (letter.task, letter.reason) == ("events.relay", "ValueError('last')")

    def test_is_in_the_header_of_what_orders_set_aside(self, queues: Queues) -> None:
        body = json.loads(make_envelope())
        body["headers"]["dead_letter_reason"] = "version 9 is not known here"

        assert make_letter(queues, json.dumps(body)).reason == "version 9 is not known here"

    def test_is_empty_where_sqs_only_says_how_often(self, queues: Queues) -> None:
        assert make_letter(queues, make_envelope()).reason == ""


class TestNoteFailure:
    def test_bears_any_text(self) -> None:
        note_failure(task_id="i" * 99, task="t" * 200, error="\x00" * 9_000)

        failure = TaskFailure.objects.get()
        assert (len(failure.pk), len(failure.task), len(failure.error)) == (50, 100, 4000)

    @pytest.mark.django_db(transaction=True)
    def test_of_an_outage_raises_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection.close()
        with monkeypatch.context() as outage:
            outage.setitem(connection.settings_dict, "PORT", "1")
            with pytest.raises(OperationalError):
                TaskFailure.objects.exists()

            note_failure(task_id="t", task="a.b", error="OperationalError")

        assert not TaskFailure.objects.exists()


class TestRedrive:
    def test_sends_the_message_to_where_it_came_from_as_it_was(self, queues: Queues) -> None:
        body = '{"id": "1", "data": "é"}'
        letter = make_letter(
            queues, body, queue="downstream-crm-dlq", subject="7", dead_letter_reason="odd"
        )

        assert redrive(letter_ids=[letter.pk], actor_id=7) == 1
        relay()

        (sent,) = aws_client("sqs").receive_message(
            QueueUrl=queues.url("downstream-crm"), MessageAttributeNames=["All"]
        )["Messages"]
        assert sent["Body"] == body
        assert sent["MessageAttributes"] == {"subject": {"DataType": "String", "StringValue": "7"}}
        letter.refresh_from_db()
        assert (letter.state, letter.decided_by) == ("redriven", 7)
        assert letter.decided_at is not None

    def test_twice_sends_once_and_says_so(self, queues: Queues) -> None:
        letter = make_letter(queues)
        redrive(letter_ids=[letter.pk], actor_id=7)
        before = DeadLetter.objects.values().get()

        with pytest.raises(NothingDecided):
            redrive(letter_ids=[letter.pk], actor_id=8)
        relay()

        assert DeadLetter.objects.values().get() == before
        assert queues.unfinished("tasks") == 1

    def test_of_some_that_were_redriven_before_takes_the_others(self, queues: Queues) -> None:
        old, new = make_letter(queues, "old"), make_letter(queues, "new")
        redrive(letter_ids=[old.pk], actor_id=None)

        assert redrive(letter_ids=[old.pk, new.pk], actor_id=None) == 1

    def test_of_what_is_not_there_changes_nothing(self, queues: Queues) -> None:
        letter = make_letter(queues)

        with pytest.raises(LetterUnknown) as refusal:
            redrive(letter_ids=[letter.pk, 999_999], actor_id=None)

        assert refusal.value.details == {"letters": [999_999]}
        letter.refresh_from_db()
        assert letter.state == "waiting"
        assert not OutboxMessage.objects.exists()

    def test_outlives_a_queue_that_is_away(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        letter = make_letter(queues)
        redrive(letter_ids=[letter.pk], actor_id=None)

        def fail(*_: Any, **__: Any) -> None:
            raise ConnectionError

        with monkeypatch.context() as outage:
            outage.setattr(gateways, "send", fail)
            relay()
        (delivery,) = OutboxMessage.objects.get().deliveries.all()
        assert delivery.delivered_at is None
        delivery.due_at = timezone.now()
        delivery.save()
        relay()

        assert queues.unfinished("tasks") == 1


@pytest.mark.django_db(transaction=True)
class TestEightWhoRedriveAtOnce:
    def times_sent(self, queues: Queues) -> int:
        # JSON, but no envelope: the relay's own wake-ups lie on the same queue.
        letter = make_letter(queues, '{"odd": 1}')

        def press(number: int) -> bool:
            try:
                return redrive(letter_ids=[letter.pk], actor_id=number) > 0
            except NothingDecided:
                return False

        winners = sum(race(press))
        relay()
        sent = sum(body == {"odd": 1} for body in queues.take("tasks"))
        assert sent == winners == OutboxMessage.objects.count()
        return sent

    def test_send_it_once(self, queues: Queues) -> None:
        assert self.times_sent(queues) == 1

    @pytest.mark.control
    def test_send_it_more_often_if_the_state_is_only_looked_at(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def look_then_write(letter_id: int, *, actor_id: int | None) -> bool:
            letter = DeadLetter.objects.get(pk=letter_id)
            if letter.state == "redriven":
                return False
            time.sleep(0.2)
            with transaction.atomic():
                letter.state = "redriven"
                letter.save()
                publish(DeadLetterRedriven(letter_id=letter_id), actor_id=actor_id)
            return True

        monkeypatch.setattr(services, "_redrive", look_then_write)

        assert self.times_sent(queues) > 1


class TestPark:
    def test_leaves_it_be_for_a_reason(self, queues: Queues) -> None:
        letter = make_letter(queues)

        assert park(letter_ids=[letter.pk], actor_id=7, reason="a test of a partner") == 1
        relay()

        letter.refresh_from_db()
        assert (letter.state, letter.note, letter.decided_by) == (
            "parked", "a test of a partner", 7
        )  # fmt: skip
        assert not queues.unfinished("tasks")

    def test_twice_changes_nothing(self, queues: Queues) -> None:
        letter = make_letter(queues)
        park(letter_ids=[letter.pk], actor_id=7, reason="first")

        with pytest.raises(NothingDecided):
            park(letter_ids=[letter.pk], actor_id=8, reason="second")

        letter.refresh_from_db()
        assert letter.note == "first"

    def test_of_what_was_redriven_changes_nothing(self, queues: Queues) -> None:
        letter = make_letter(queues)
        redrive(letter_ids=[letter.pk], actor_id=7)

        with pytest.raises(NothingDecided):
            park(letter_ids=[letter.pk], actor_id=7, reason="too late")

        letter.refresh_from_db()
        assert letter.state == "redriven"

    def test_is_not_for_ever(self, queues: Queues) -> None:
        letter = make_letter(queues)
        park(letter_ids=[letter.pk], actor_id=7, reason="until the fix")

        assert redrive(letter_ids=[letter.pk], actor_id=8) == 1


class TestALetterThatComesBack:
    @pytest.mark.parametrize("body", ["{", make_envelope()])
    def test_is_linked_to_the_earlier_one(self, body: str, queues: Queues) -> None:
        first = make_letter(queues, body)
        redrive(letter_ids=[first.pk], actor_id=None)

        assert make_letter(queues, body).came_back_from == first

    def test_is_known_by_its_task_though_its_headers_have_changed(self, queues: Queues) -> None:
        body = make_envelope()
        first = make_letter(queues, body)
        redrive(letter_ids=[first.pk], actor_id=None)
        changed = json.loads(body)
        changed["headers"]["dead_letter_reason"] = "again"

        assert make_letter(queues, json.dumps(changed)).came_back_from == first

    def test_comes_back_from_the_latest(self, queues: Queues) -> None:
        letters = []
        for _ in range(3):
            letters.append(make_letter(queues))
            redrive(letter_ids=[letters[-1].pk], actor_id=None)

        assert [one.came_back_from for one in letters] == [None, letters[0], letters[1]]

    def test_is_not_one_that_never_left(self, queues: Queues) -> None:
        make_letter(queues)

        assert make_letter(queues).came_back_from is None


class TestWhoDecided:
    def test_is_told_by_the_outbox(self, queues: Queues) -> None:
        letter = make_letter(queues)
        park(letter_ids=[letter.pk], actor_id=7, reason="later")
        redrive(letter_ids=[letter.pk], actor_id=8)

        told = [(one.type, one.actor_id, one.payload) for one in list_decisions(letter)]
        assert told == [
            ("deadletters.letter.parked.v1", 7, {"letter_id": letter.pk, "reason": "later"}),
            ("deadletters.letter.redriven.v1", 8, {"letter_id": letter.pk}),
        ]
