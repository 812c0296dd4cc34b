import base64
import json
import zlib

import pytest

from apps.deadletters import rules
from apps.deadletters.types import Envelope
from tests.factories.events import make_envelope


class TestEnvelopeOf:
    def test_names_the_task_its_id_and_why_it_was_set_aside(self) -> None:
        body = (
            '{"headers": {"task": "a.b", "id": "1", "dead_letter_reason": "odd"}, "body": "e30="}'
        )

        assert rules.envelope_of(body) == Envelope(task="a.b", task_id="1", reason="odd")

    @pytest.mark.parametrize(
        "body", ["", "{", "[]", "{}", '{"headers": null}', '{"headers": {"id": 5}}', "[" * 50_000]
    )
    def test_of_anything_else_is_empty(self, body: str) -> None:
        assert rules.envelope_of(body) == Envelope()

    def test_names_the_task_of_a_schedule(self) -> None:
        body = '{"task": "events.relay", "expires_after": 55}'

        assert rules.envelope_of(body) == Envelope(task="events.relay")

    def test_holds_nothing_that_the_database_refuses(self) -> None:
        assert rules.envelope_of('{"headers": {"task": "\\u0000"}}').task == "\ufffd"


class TestIdentityOf:
    def test_is_the_tasks_id_or_the_digest_of_the_body(self) -> None:
        assert rules.identity_of("{", task_id="1") == "1"
        assert rules.identity_of("{", task_id="i" * 50) == "i" * 50
        assert rules.identity_of("{", task_id="") == rules.identity_of("{", task_id="i" * 51)
        assert rules.identity_of("{", task_id="") != rules.identity_of("[", task_id="")


class TestReadable:
    def test_shows_a_tasks_arguments(self) -> None:
        shown = json.loads(rules.readable(make_envelope(task="a.b", size=3)))

        assert shown == {"task": "a.b", "args": [], "kwargs": {"size": 3}}

    def test_shows_a_tasks_arguments_that_were_compressed(self) -> None:
        arguments = zlib.compress(json.dumps([[1], {"secret": 2}, {}]).encode())
        envelope = {
            "body": base64.b64encode(arguments).decode(),
            "headers": {"task": "a.b", "compression": "application/x-gzip"},
        }

        assert json.loads(rules.readable(json.dumps(envelope))) == {
            "task": "a.b",
            "args": [1],
            "kwargs": {"secret": "•••"},
        }

    def test_is_indented(self) -> None:
        assert rules.readable('{"a":[1],"signature":"x"}') == (
            '{\n  "a": [\n    1\n  ],\n  "signature": "•••"\n}'
        )

    def test_shows_a_document_without_what_pays_or_opens(self) -> None:
        body = '{"list": [{"payment_token": "tok", "secret": 5}], "tokens": 2}'

        assert json.loads(rules.readable(body)) == {
            "list": [{"payment_token": "•••", "secret": "•••"}],
            "tokens": 2,
        }

    @pytest.mark.parametrize(
        "body", ["", "{", "é", "[" * 50_000, "[" * 1_500 + "]" * 1_500, '{"body": "x"']
    )
    def test_leaves_what_it_cannot_read_as_it_is(self, body: str) -> None:
        assert rules.readable(body) == body

    @pytest.mark.parametrize("body", ["null", "5", '{"headers": {}, "body": "x"}', '{"body": 5}'])
    def test_bears_any_document(self, body: str) -> None:
        assert json.loads(rules.readable(body)) == json.loads(body)
