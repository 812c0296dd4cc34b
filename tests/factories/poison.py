"""Messages that nobody could work, one of each kind, for the laptop's worker and the function alike."""

import json
from typing import Any

from tests.factories.events import make_envelope


def changed(**parts: Any) -> str:
    """An envelope with something wrong in it."""
    return json.dumps({**json.loads(make_envelope()), **parts})


def with_headers(**headers: Any) -> str:
    """An envelope with something wrong in its headers."""
    envelope = json.loads(make_envelope())
    return json.dumps({**envelope, "headers": {**envelope["headers"], **headers}})


# What is wrong with it, the body, and a word of the reason that staff then read.
POISON = {
    "no JSON": ("{", "is no message of a task"),
    "no object": ("[1, 2]", "is no message of a task"),
    "nested too deep": ("[" * 100_000, "is no message of a task"),
    "JSON of somebody else": ('{"Records": []}', "is no message of a task"),
    "properties of no kind": ('{"properties": null}', "is no message of a task"),
    "a value that kombu chokes on": (
        '{"__type__": "datetime", "__value__": "x"}',
        "is no message of a task",
    ),
    "headers of no kind": (changed(headers=None), "is no message of a task"),
    "no task": (changed(headers={}), "is no message of a task"),
    "a body of no kind": (changed(body=5), "is no message of a task"),
    "an encoding nobody knows": (changed(**{"content-type": None}), "cannot become a task"),
    "arguments that are none": (changed(body="WzFd"), "cannot become a task"),
    "a task of no kind": (with_headers(task=["orders"]), "cannot become a task"),
    "a time that is none": (with_headers(eta="soon"), "cannot be a task"),
    "an expiry that is none": (with_headers(expires="soon"), "cannot be a task"),
    "a schedule of no kind": (
        '{"task": "events.relay", "expires_after": "soon"}',
        "is no message of a task",
    ),
    # With the reason beside it, it is too large for any queue: it stays until SQS gives it up.
    "256 KiB of nonsense": ("x" * 262_144, ""),
}
# Poison only when it has come back often enough: a release that knows the task may be on its way.
UNKNOWN = {
    "a task": with_headers(task="orders.dream"),
    "a schedule": '{"task": "orders.dream", "expires_after": 3600}',
}
