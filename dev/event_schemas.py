"""Writes docs/events/: the JSON Schema of every public event, the AsyncAPI document, and who reacts to what.

Run `python -m dev.event_schemas` after an event has gained a field, and read the difference: a field
that went or changed its type breaks whoever listens, and belongs into a new version of the event.
"""

import json
import os
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "events"
ASYNCAPI = "asyncapi.json"
PAGE = "README.md"


def rendered_schemas() -> dict[str, str]:
    """The text of each schema file by its name, as the code has it now."""
    from apps.events.rules import json_schema  # noqa: PLC0415 - needs settings
    from ecommerce.messaging import PUBLIC_EVENTS  # noqa: PLC0415

    return {
        f"{event.type}.json": json.dumps(json_schema(event=event), indent=2, ensure_ascii=False)
        + "\n"
        for event in PUBLIC_EVENTS
    }


def rendered_asyncapi() -> str:
    """The AsyncAPI 3.0 document: one channel per downstream system, as the code has it now."""
    from ecommerce.messaging import DOWNSTREAM, PUBLIC_EVENTS  # noqa: PLC0415 - needs settings

    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of the shop",
            "version": "1.0.0",
            "description": "Raw SNS messages on one SQS queue per downstream system; at least once,"
            " in any order. See docs/downstream.md.",
        },
        "defaultContentType": "application/json",
        "channels": {system: _channel_of(system, types) for system, types in DOWNSTREAM.items()},
        "operations": {
            f"hear_{system}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{system}"},
            }
            for system in DOWNSTREAM
        },
        "components": {
            "messages": {
                event.type: _message_of(event.type, event.__doc__) for event in PUBLIC_EVENTS
            }
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def rendered_page() -> str:
    """The folder's page, with the table of all events as the code has it now."""
    from django.core.management import call_command  # noqa: PLC0415 - needs settings

    table = StringIO()
    call_command("events", "--markdown", stdout=table)
    page = (FOLDER / PAGE).read_text()
    return re.sub(
        r"^\| event \|.*\n(\|.*\n)*", lambda _: table.getvalue(), page, flags=re.MULTILINE
    )


def _channel_of(system: str, types: Sequence[str]) -> dict[str, Any]:
    return {
        "address": f"{{stage}}-downstream-{system}",
        "parameters": {"stage": {"description": "local, dev, staging or production"}},
        "messages": {
            event_type: {"$ref": f"#/components/messages/{event_type}"} for event_type in types
        },
    }


def _message_of(event_type: str, doc: str | None) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "name": event_type,
        "summary": (doc or "").strip().splitlines()[0],
        "headers": {
            "type": "object",
            "properties": {
                "event_type": {"const": event_type},
                "event_id": text,
                "subject": text,
                "trace_id": text,
            },
        },
        "payload": {"$ref": f"./{event_type}.json"},
    }


def write_schemas() -> None:
    """Make the folder's documents those of the code, no more and no fewer."""
    schemas = rendered_schemas()
    for stale in FOLDER.glob("*.json"):
        if stale.name not in schemas and stale.name != ASYNCAPI:
            stale.unlink()
    for name, text in {**schemas, ASYNCAPI: rendered_asyncapi(), PAGE: rendered_page()}.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.test")
    django.setup()
    write_schemas()
