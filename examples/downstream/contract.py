"""What the shop promised to send: the schemas in docs/events."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "events"


class Breach(Exception):
    """A message that the contract does not know; it is left to the queue's dead letters."""


def check(message: Any) -> None:
    """Refuse what no schema describes. Raises Breach."""
    event_type = message.get("type") if isinstance(message, dict) else None
    validator = _validator_of(str(event_type))
    if validator is None:
        raise Breach(f"no event is called {event_type!r}")
    try:
        validator.validate(message)
    except jsonschema.ValidationError as error:
        raise Breach(f"{event_type}: {error.message}") from error


@cache
def _validator_of(event_type: str) -> jsonschema.Draft202012Validator | None:
    path = FOLDER / f"{event_type}.json"
    if path.parent != FOLDER or not path.exists():
        return None
    validator = jsonschema.Draft202012Validator
    return validator(json.loads(path.read_text()), format_checker=validator.FORMAT_CHECKER)
