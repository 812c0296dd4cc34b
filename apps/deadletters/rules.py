"""What a message of a queue says, and what people may see of it."""

import zlib
from base64 import b64decode
from typing import Any

import msgspec

from apps.core.rules import digest_of, searchable
from apps.deadletters.types import Envelope

_MASK = "•••"


def envelope_of(body: str) -> Envelope:
    """What an envelope of ours, or a scheduler's, says of its task; nothing for whatever else it is."""
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Envelope()
    headers = envelope.headers
    return Envelope(
        task=searchable(headers.task or envelope.task),
        task_id=searchable(headers.id),
        reason=searchable(headers.dead_letter_reason),
    )


class _Headers(msgspec.Struct):
    task: str = ""
    id: str = ""
    dead_letter_reason: str = ""


class _Envelope(msgspec.Struct):
    headers: _Headers = msgspec.field(default_factory=_Headers)
    task: str = ""


def identity_of(body: str, *, task_id: str) -> str:
    """What a message keeps when it comes back: its task's id, or else the digest of its body."""
    return task_id if 0 < len(task_id) <= 50 else digest_of(text=body)


def readable(body: str) -> str:
    """A message for people: a task's arguments or the document, indented, without what pays or opens.

    What is neither comes back as it is.
    """
    try:
        document = msgspec.json.decode(body)
        shown = _masked(_call_of(document) or document)
        return msgspec.json.format(msgspec.json.encode(shown)).decode()
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return body


def _call_of(document: Any) -> dict[str, Any] | None:
    """The task and the arguments that an envelope of Celery's holds; None for anything else."""
    try:
        body = b64decode(document["body"])
        if document["headers"].get("compression"):
            body = zlib.decompress(body)
        args, kwargs, _ = msgspec.json.decode(body)
        return {"task": document["headers"]["task"], "args": args, "kwargs": kwargs}
    except (ValueError, TypeError, LookupError, AttributeError, zlib.error):
        return None


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _MASK if key.endswith(("token", "secret", "signature")) else _masked(one)
            for key, one in value.items()
        }
    return [_masked(one) for one in value] if isinstance(value, list) else value
