"""`manage.py dlq`: for people, and for their scripts."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.deadletters.models import DeadLetter
from apps.deadletters.services import park, redrive
from tests.factories.events import make_envelope, make_letter
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[list[str], str]:
    """What a command writes to standard output and to standard error."""
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().strip()


def states() -> list[str]:
    return list(DeadLetter.objects.order_by("pk").values_list("state", flat=True))


class TestDlqList:
    def test_shows_a_line_each(self, queues: Queues) -> None:
        body = make_envelope(task="orders.process_order")
        first = make_letter(queues, body, queue="orders-dlq", dead_letter_reason="odd\ntoo")
        redrive(letter_ids=[first.pk], actor_id=None)
        make_letter(queues, body, queue="orders-dlq")

        lines, summary = run("dlq", "list")

        assert summary == "2 dead letters"
        assert lines[0].split() == [
            *(str(first.pk), "redriven", "orders-dlq", "orders.process_order"),
            *("0", "minutes", "odd", "too"),
        ]
        assert lines[1].split()[-1] == "again"

    def test_is_narrowed_by_queue_and_state(self, queues: Queues) -> None:
        first, second = make_letter(queues), make_letter(queues, queue="orders-dlq")
        park(letter_ids=[second.pk], actor_id=None, reason="known")

        def shown(*arguments: str) -> list[int]:
            return [int(line.split()[0]) for line in run("dlq", "list", *arguments)[0]]

        assert shown("--queue", "tasks-dlq") == [first.pk]
        assert shown("--state", "parked") == [second.pk]
        assert shown("--state", "redriven") == []

    def test_speaks_json(self, queues: Queues) -> None:
        letter = make_letter(queues, dead_letter_reason="odd")

        (line,), summary = run("dlq", "list", "--json")

        told = json.loads(line)
        assert (told["id"], told["queue"], told["reason"], told["state"]) == (
            letter.pk, "tasks-dlq", "odd", "waiting"
        )  # fmt: skip
        assert summary == "1 dead letter"


class TestDlqShow:
    def test_tells_all_and_hides_what_pays(self, queues: Queues) -> None:
        body = make_envelope(
            task="orders.process_order", request={"version": 9, "payment_token": "tok_success"}
        )
        letter = make_letter(queues, body, queue="orders-dlq", dead_letter_reason="version 9")
        park(letter_ids=[letter.pk], actor_id=7, reason="until the fix")

        text = "\n".join(run("dlq", "show", letter.pk)[0])

        assert "reason   version 9" in text
        assert "by user 7  until the fix" in text
        assert '"version": 9' in text
        assert "tok_success" not in text

    def test_shows_what_is_no_envelope_as_it_is(self, queues: Queues) -> None:
        letter = make_letter(queues, "{ nonsense")

        assert run("dlq", "show", letter.pk)[0][-1] == "{ nonsense"

    def test_of_what_is_not_there_is_refused(self) -> None:
        with pytest.raises(CommandError, match="no dead letter 5"):
            run("dlq", "show", 5)


class TestDlqRedrive:
    def test_sends_those_that_are_named(self, queues: Queues) -> None:
        first, second = make_letter(queues, "1"), make_letter(queues, "2")
        make_letter(queues, "3")

        assert run("dlq", "redrive", first.pk, second.pk)[0] == ["2 of 2 redriven"]
        assert states() == ["redriven", "redriven", "waiting"]
        relay()
        assert queues.unfinished("tasks") == 2

    def test_sends_all_that_wait_in_a_queue(self, queues: Queues) -> None:
        make_letter(queues, queue="orders-dlq")
        parked = make_letter(queues, "1")
        park(letter_ids=[parked.pk], actor_id=None, reason="known")
        make_letter(queues, "2")

        assert run("dlq", "redrive", "--all", "--queue", "tasks-dlq")[0] == ["1 of 1 redriven"]
        assert states() == ["waiting", "parked", "redriven"]

    def test_twice_says_so_and_fails(self, queues: Queues) -> None:
        letter = make_letter(queues)
        run("dlq", "redrive", letter.pk)

        with pytest.raises(CommandError, match="decided before"):
            run("dlq", "redrive", letter.pk)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "Name dead letters, or say --all"),
            (["1", "--all"], "Name dead letters, or say --all"),
            (["1", "--queue", "tasks-dlq"], "--queue goes with --all"),
            (["--all"], "No dead letter waits"),
            (["5", "6"], "no dead letter 5, 6; nothing has changed"),
            (["x"], "invalid int value"),
        ],
    )
    def test_of_nothing_is_refused(self, arguments: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            run("dlq", "redrive", *arguments)


class TestDlqPark:
    def test_needs_a_reason(self, queues: Queues) -> None:
        letter = make_letter(queues)

        with pytest.raises(CommandError, match="--reason"):
            run("dlq", "park", letter.pk)
        assert run("dlq", "park", letter.pk, "--reason", "known")[0] == ["1 of 1 parked"]

        letter.refresh_from_db()
        assert (letter.state, letter.note) == ("parked", "known")
